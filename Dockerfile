# Builds with the compiler, runs without it: `docker build -t gex .`, then
# `docker run --rm -p 127.0.0.1:8080:8080 -v "$PWD/data:/app/data" gex`. Options are variables (`-e CACHE_MODE=rotation`,
# `--env-file .env`) or flags after `gex serve`; docker-compose.yml does the same.
FROM node:20-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY scripts/build.js scripts/
COPY src src
RUN npm ci && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/app/data
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY configs configs
RUN mkdir data && chown node:node data
USER node
VOLUME /app/data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/gex.js"]
CMD ["serve"]
