# Stage 1 builds a static binary; stage 2 holds it and nothing else.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --release --locked --target x86_64-unknown-linux-gnu \
    && cp target/x86_64-unknown-linux-gnu/release/driftline /driftline

FROM scratch
COPY --from=build /driftline /driftline
# Monitors in containers are scraped from outside: set `listen = "0.0.0.0:9464"` in the spec, mounted at /etc/driftline.
USER 65532:65532
WORKDIR /etc/driftline
EXPOSE 9464
ENTRYPOINT ["/driftline"]
CMD ["serve", "monitor.toml"]
