//! The part of the language that says how connections are made.

use super::{Field, MAX_REDIRECTS, Object, Type};

/// Connection settings.
pub(crate) static HTTP: Object = Object {
    name: "http",
    doc: "How connections are made, and what all requests share.",
    fields: &[
        Field {
            name: "version",
            ty: Type::OneOf(&[Type::Number, Type::Word(&["1.1", "2", "auto"])]),
            doc: "`1.1`, `2` (by ALPN over TLS, by prior knowledge in the clear) or `auto` (over TLS what the \
                  server prefers). Default: `1.1`.",
            example: "version: 2",
        },
        Field {
            name: "timeout",
            ty: Type::Duration,
            doc: "How long a request may take. Default: `30s`.",
            example: "timeout: 10s",
        },
        Field {
            name: "connect_timeout",
            ty: Type::Duration,
            doc: "How long opening a connection may take. Default: `10s`.",
            example: "connect_timeout: 5s",
        },
        Field {
            name: "keep_alive",
            ty: Type::Bool,
            doc: "Whether a connection serves more than one request. Default: `true`.",
            example: "keep_alive: false",
        },
        Field {
            name: "redirects",
            ty: Type::Int { min: 0, max: MAX_REDIRECTS },
            doc: "Redirects that a request follows; 0 takes the redirect as the answer. Default: 10.",
            example: "redirects: 0",
        },
        Field {
            name: "headers",
            ty: Type::Map(&Type::Template),
            doc: "Headers of every request; a request's own replace those of the same name.",
            example: "headers: {accept: application/json}",
        },
        Field {
            name: "connect_to",
            ty: Type::List(&Type::Text),
            doc: "Connect elsewhere than where URLs say, as curl's `--connect-to`: `host:port:to-host:to-port`, each \
                  of which may be empty. `Host` header and TLS name stay.",
            example: "connect_to: [\"shop.example:443:10.0.0.7:8443\"]",
        },
        Field {
            name: "shared_connections",
            ty: Type::Int { min: 1, max: 65_535 },
            doc: "HTTP/2 connections that a worker shares between its users. Default: each user has its own, as \
                  browsers have.",
            example: "shared_connections: 4",
        },
        Field { name: "tls", ty: Type::Object(&TLS), doc: "Certificates.", example: "tls: {ca: ca.pem}" },
    ],
};

/// Certificates.
pub(crate) static TLS: Object = Object {
    name: "tls",
    doc: "Whom to trust and who to be.",
    fields: &[
        Field {
            name: "insecure",
            ty: Type::Bool,
            doc: "Accept any certificate. Default: `false`.",
            example: "insecure: true",
        },
        Field {
            name: "ca",
            ty: Type::Path,
            doc: "PEM file of the certificates to trust instead of the system's.",
            example: "ca: ca.pem",
        },
        Field {
            name: "cert",
            ty: Type::Path,
            doc: "PEM file of the certificate chain to present; needs `key`.",
            example: "cert: client.pem",
        },
        Field {
            name: "key",
            ty: Type::Path,
            doc: "PEM file of the private key that belongs to `cert`.",
            example: "key: client.key",
        },
    ],
};
