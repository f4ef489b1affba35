# The command line. Built from the root of the repository:
#   docker build --file deploy/docker/nebulactl.Dockerfile --tag nebulactl .
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
LABEL org.opencontainers.image.title="nebulactl" \
  org.opencontainers.image.description="The command line of Nebula." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=build /dist/nebulactl.mjs /nebula/
# Contexts are kept there, if a volume is.
COPY --from=build --chown=65532:65532 /empty /config
USER 65532:65532
WORKDIR /nebula
ENV NODE_ENV=production XDG_CONFIG_HOME=/config
# It runs one command and ends.
HEALTHCHECK NONE
ENTRYPOINT ["node", "/nebula/nebulactl.mjs"]
