// The room table: a room imports only itself, errors.ts and the rooms listed. Everything else is a violation.
const rooms = {
  core: [],
  wire: ['core'],
  io: [],
  feeds: ['core', 'wire', 'io'],
  bus: ['io'],
  stores: ['core', 'wire', 'io'],
  jobs: ['core', 'wire', 'io', 'feeds', 'bus', 'stores'],
  server: ['core', 'wire', 'io', 'bus', 'stores'],
  config: [],
};

/** npm packages that only the named places may import. */
const owners = {
  luxon: 'core',
  undici: 'io',
  'p-retry': 'io',
  'p-limit': 'io',
  'csv-parse': 'feeds',
  protobufjs: 'wire',
  '@bokuweb/zstd-wasm': 'wire',
  ioredis: 'bus',
  ws: 'server',
  'prom-client': 'server',
  yazl: '(server|stores)',
  croner: 'jobs',
  nodemailer: 'io',
  'better-sqlite3': 'stores',
  kysely: 'stores',
  fastify: 'server',
  '@fastify': 'server',
  'fastify-type-provider-zod': 'server',
  yaml: 'config',
  dotenv: 'config',
  commander: 'cli',
  ora: 'cli',
  'cli-table3': 'cli',
  'cli-progress': 'cli',
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `room-${room}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(errors\\.ts$|(${[room, ...allowed].join('|')})/)` },
    })),
    {
      name: 'feeds-stay-apart',
      severity: 'error',
      from: { path: '^src/feeds/([^/]+)/' },
      to: { path: '^src/feeds/([^/]+)/', pathNot: '^src/feeds/$1/' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      // zstd is pure too: its one module of Node is the compressor, which older versions lack.
      from: { path: '^src/(core|wire)/', pathNot: '^src/wire/zstd\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'errors-stands-alone',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: { path: '^src/' },
    },
    ...Object.entries(owners).map(([pkg, room]) => ({
      name: `owner-${pkg}`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${room}/` },
      to: { path: `(^|node_modules/)${pkg}(/|$)` },
    })),
    {
      name: 'zod-at-the-edges',
      severity: 'error',
      from: { path: '^src/(core|io|stores|jobs|cli)/' },
      to: { path: '(^|node_modules/)zod(/|$)' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
};
