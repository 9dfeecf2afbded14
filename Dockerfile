# eksaccess and its simulator from the sources of this folder, in an image of
# nothing but them and the roots of TLS:
#
#   docker build -t eksaccess .
#   docker run --rm -v "$PWD:/work" -v ~/.aws:/home/.aws:ro -e HOME=/home eksaccess plan -f clusters.yaml
FROM golang:1.26@sha256:87a41d2539e5671777734e91f467499ed5eafb1fb1f77221dff2744db7a51775 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w -buildid=" -o /out/ ./cmd/eksaccess ./cmd/ekssim

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/ /usr/bin/
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/usr/bin/eksaccess"]
