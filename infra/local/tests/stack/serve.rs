//! Ports, and TLS.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use local::serve;
use local::{Stack, StackOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = serve::bind(LOOPBACK, 0, "PORT").await.unwrap();
    let port = taken[0].local_addr().unwrap().port();
    let error = serve::bind(LOOPBACK, port, "LOCAL_AWS_PORT").await.unwrap_err().to_string();
    assert!(error.contains(&format!("port {port} is in use")) && error.contains("LOCAL_AWS_PORT"), "{error}");
}

#[tokio::test]
async fn https_with_a_certificate_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let listener = serve::bind(LOOPBACK, 0, "PORT").await.unwrap().remove(0);
    let port = listener.local_addr().unwrap().port();
    let origin = format!("https://localhost:{port}");
    let stack = Stack::start(StackOptions { origin, demo: false, ..StackOptions::test(11) }).await.unwrap();
    let acceptor = serve::acceptor(directory.path(), vec!["localhost".to_owned()]).unwrap();
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve::tls(listener, acceptor, stack.router(), stopped));

    let certificate = CertificateDer::from_pem_file(directory.path().join("tls-certificate.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect((LOOPBACK, port)).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let request = format!("GET /v1/health HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    stop.send_replace(true);
    server.await.unwrap().unwrap();
    // The next start shows the browser the same certificate.
    let kept = std::fs::read(directory.path().join("tls-certificate.pem")).unwrap();
    serve::acceptor(directory.path(), vec!["localhost".to_owned()]).unwrap();
    assert_eq!(std::fs::read(directory.path().join("tls-certificate.pem")).unwrap(), kept);
}
