# The worker. Built from the root of the repository:
#   docker build --file deploy/docker/worker.Dockerfile --tag nebula-worker .
# Both bases have a Node of 20.19 or later. The first one also has npm and a shell.
ARG BUILD_BASE=node:24-bookworm-slim
ARG BASE=node:24-bookworm-slim

# The same in all of these files, so that a machine builds it once.
FROM ${BUILD_BASE} AS build
COPY .swcrc nx.json package.json pnpm-lock.yaml pnpm-workspace.yaml tsconfig.json /src/
COPY apps /src/apps
COPY libs /src/libs
COPY tools /src/tools
COPY e2e /src/e2e
# In one step that keeps nothing but the bundles: the packages that make them are many times their size.
RUN cp -R /src /tmp/build \
  && cd /tmp/build \
  && npm run bundle \
  && mv dist /dist \
  && mkdir /empty \
  && rm -rf /tmp/build ~/.npm ~/.cache ~/.local

FROM ${BASE}
ARG VERSION=3.0.0
ARG REVISION=
LABEL org.opencontainers.image.title="nebula-worker" \
  org.opencontainers.image.description="The worker of Nebula: brings the containers of one server to the desired state." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=build /dist/nebula-worker.mjs /nebula/
COPY deploy/docker/healthcheck.mjs /nebula/
# A volume that is new has the owner of the folder that it is put on.
COPY --from=build --chown=65532:65532 /empty /state
WORKDIR /nebula
ENV NODE_ENV=production STATE_DIR=/state
VOLUME /state
# As root, since the group that may use the engine's socket is another number on every server, and whoever may use the
# socket is root on the server anyway. With that group it runs as any user: --user 65532:$(stat -c %g /var/run/docker.sock)
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/nebula/healthcheck.mjs", "WORKER"]
ENTRYPOINT ["node", "/nebula/nebula-worker.mjs"]
