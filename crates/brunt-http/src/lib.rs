//! The HTTP load path: connections, TLS, HTTP/1.1, HTTP/2, timings.
