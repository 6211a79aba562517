import type { Installation } from './installation.js';

/** Where the health check asks, inside of the container. */
const PORT = 8081;

/** A compose file with the daemon, for the image that the Dockerfile makes (`docker build -t gex .`). */
export function composeService({ dataDir, config }: Installation): string {
  const volumes = [`${dataDir}:/app/data`, ...(config === undefined ? [] : [`${config}:/app/configs/default.yaml:ro`])];
  return `# gex service print compose > docker-compose.yml, with GEXBOT_API_KEY and other variables in .env beside it.
services:
  daemon:
    image: gex
    command: ["daemon"]
    user: "\${PUID:-1000}:\${PGID:-1000}"
    env_file:
      - path: .env
        required: false
    environment:
      DATA_DIR: /app/data
      DAEMON_HOST: 0.0.0.0
      DAEMON_PORT: "${PORT}"
    volumes:
${volumes.map((volume) => `      - ${JSON.stringify(volume.replaceAll('$', '$$$$'))}`).join('\n')}
    healthcheck:
      test: ["CMD", "node", "-e", "fetch('http://127.0.0.1:${PORT}/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
      interval: 30s
      timeout: 5s
      start_period: 20s
      retries: 3
    stop_grace_period: 10s
    restart: unless-stopped
    init: true
`;
}
