# The api. Built from the root of the repository:
#   docker build --file deploy/docker/api.Dockerfile --tag nebula-api .
# Both bases have a Node of 20.19 or later on the same C library. The first one also has npm and a shell.
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
LABEL org.opencontainers.image.title="nebula-api" \
  org.opencontainers.image.description="The api of Nebula: REST, all state in MongoDB, changes sent out through RabbitMQ." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=build /dist/nebula-api.mjs /nebula/
COPY --from=build /dist/swagger-ui /nebula/swagger-ui
COPY --from=build /dist/node_modules /nebula/node_modules
COPY deploy/docker/healthcheck.mjs /nebula/
# By number, so that no base has to know the user, and Kubernetes sees that it isn't root.
USER 65532:65532
WORKDIR /nebula
ENV NODE_ENV=production API_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/nebula/healthcheck.mjs", "API"]
ENTRYPOINT ["node", "/nebula/nebula-api.mjs"]
