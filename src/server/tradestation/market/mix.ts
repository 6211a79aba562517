/** 32 mixed bits of three integers: noise that any instant can look up without drawing what came before. */
export function mix(a: number, b: number, c: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 15)) + b, 0xc2b2ae35);
  h = Math.imul((h ^ (h >>> 13)) + c, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

/** A uniform number in [0, 1) from `mix`. */
export const mixUniform = (a: number, b: number, c: number): number => mix(a, b, c) / 4_294_967_296;

/** A seed for `mix` out of a text. */
export function seedOf(seed: number, text: string): number {
  let h = seed >>> 0;
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i), i);
  return h;
}
