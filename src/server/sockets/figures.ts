/** What the sockets have done since the start, for `/metrics` and benchmarks. */
export class Figures {
  /** Group messages handed to connections. */
  messages = 0;
  /** Records encoded; fewer than messages, as receivers share them. */
  encodes = 0;
  ticks = 0;
  /** Milliseconds from the moment a tick was due to the moment all of it had been handed over: last, largest, sum. */
  latenessMs = { last: 0, max: 0, sum: 0 };
  /** Connections ended because the client did not read or acknowledge. */
  dropped = 0;

  ticked(lateMs: number): void {
    const { max, sum } = this.latenessMs;
    this.ticks += 1;
    this.latenessMs = { last: lateMs, max: Math.max(max, lateMs), sum: sum + lateMs };
  }
}
