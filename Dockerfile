# Stage 1 builds a static binary; stage 2 holds it and nothing else.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The flags are for the binary alone: what it links stays as it is.
RUN cargo rustc --release --locked --bin driftline -- -C target-feature=+crt-static -C strip=symbols

FROM scratch
COPY --from=build /src/target/release/driftline /driftline
# A place for temporary files, which a read-only container gets as a mount.
ENV TMPDIR=/tmp
# In a container the server is reached from outside only if it listens on all addresses: DRIFTLINE__EXPORT__PROMETHEUS__LISTEN=0.0.0.0:9464.
USER 65532:65532
WORKDIR /etc/driftline
EXPOSE 9464
ENTRYPOINT ["/driftline"]
CMD ["serve", "monitor.toml"]
