# One image from scratch with every program, static, for a user that is not root.
#
#   docker build -t coffer .                                          builds the programs, then the image
#   docker build -t coffer --target from-host .                       the image of programs that are built already,
#                    [--build-arg DIRECTORY=target/image]             static, in one folder of the context

ARG RUST=1.95
FROM docker.io/library/rust:${RUST}-slim-bookworm AS programs
WORKDIR /src
COPY . .
# Static: the target is named, because otherwise the setting would reach build scripts and macros, which cannot be.
# The agent and the injector have profiles of their own, which make them small.
RUN triple="$(rustc -vV | sed -n 's/^host: //p')" \
 && export RUSTFLAGS="-C target-feature=+crt-static" \
 && cargo build --locked --release --target "$triple" \
      -p coffer-operator -p coffer-api-server -p coffer-cli \
 && cargo build --locked --profile injector --target "$triple" -p coffer-injector \
 && cargo build --locked --profile agent --target "$triple" -p coffer-agent \
 && mkdir /programs \
 && cp "target/$triple/release/coffer-operator" "target/$triple/release/coffer-api-server" \
       "target/$triple/release/coffer" "target/$triple/injector/coffer-injector" \
       "target/$triple/agent/coffer-agent" /programs/

# What is the same however the programs were built.
FROM scratch AS base
LABEL org.opencontainers.image.title="Coffer" \
      org.opencontainers.image.description="Secrets in one encrypted store, delivered to pods, programs and people" \
      org.opencontainers.image.source="https://github.com/coffer-dev/coffer" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
ENTRYPOINT ["/coffer-operator"]

FROM base AS from-host
ARG DIRECTORY=target/image
COPY --chown=0:0 --chmod=0555 \
  ${DIRECTORY}/coffer-operator ${DIRECTORY}/coffer-api-server ${DIRECTORY}/coffer-injector ${DIRECTORY}/coffer \
  ${DIRECTORY}/coffer-agent /

# The last stage is what a plain build makes.
FROM base
COPY --from=programs --chown=0:0 --chmod=0555 /programs/ /
