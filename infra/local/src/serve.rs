//! Listening: the portal's port, with or without TLS, and the loopback port of local AWS.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// Connections whose handshake is done and that nobody has taken yet.
const READY_CONNECTIONS: usize = 64;

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another program has the port.
    #[error("port {port} is in use by another program. Stop that one, or set {variable} to a free port")]
    PortInUse {
        /// The port.
        port: u16,
        /// The environment variable that sets it.
        variable: &'static str,
    },
    /// The system refused the address.
    #[error("{variable}: {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The environment variable that sets it.
        variable: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The certificate could not be made or read.
    #[error("the self-signed certificate: {0}")]
    Certificate(String),
}

/// Binds a port. On the loopback, `localhost` is bound in its IPv6 form as well where there is one.
///
/// # Errors
/// [`ServeError`] names the port and the variable.
pub async fn bind(ip: IpAddr, port: u16, variable: &'static str) -> Result<Vec<TcpListener>, ServeError> {
    let address = SocketAddr::from((ip, port));
    let first = TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            ServeError::PortInUse { port, variable }
        } else {
            ServeError::Bind { address, variable, source }
        }
    })?;
    let port = first.local_addr().map_or(port, |address| address.port());
    let mut listeners = vec![first];
    if ip.is_loopback() && ip.is_ipv4() {
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(second) => listeners.push(second),
            // A browser that tries this form first would reach the other program.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(ServeError::PortInUse { port, variable });
            }
            Err(_) => {}
        }
    }
    Ok(listeners)
}

/// Serves until `stop` turns true; requests under way are finished.
pub async fn plain(listener: TcpListener, router: Router, stop: watch::Receiver<bool>) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopped(stop)).await
}

/// The same over TLS.
pub async fn tls(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    router: Router,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    // The edge asks for the address in the form that a plain connection has.
    let router = router.layer(axum::middleware::from_fn(
        async |axum::extract::ConnectInfo(Viewer(address)): axum::extract::ConnectInfo<Viewer>,
               mut request: axum::extract::Request,
               next: axum::middleware::Next| {
            request.extensions_mut().insert(axum::extract::ConnectInfo(address));
            next.run(request).await
        },
    ));
    let service = router.into_make_service_with_connect_info::<Viewer>();
    axum::serve(TlsListener::new(listener, acceptor)?, service).with_graceful_shutdown(stopped(stop)).await
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stop.wait_for(|stopped| *stopped).await;
}

/// The address of whoever connected over TLS.
#[derive(Debug, Clone, Copy)]
struct Viewer(SocketAddr);

impl Connected<IncomingStream<'_, TlsListener>> for Viewer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Hands out connections whose handshake is done, so that a slow one keeps nobody waiting.
struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    fn new(listener: TcpListener, acceptor: TlsAcceptor) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(READY_CONNECTIONS);
        tokio::spawn(async move {
            while !sender.is_closed() {
                let Ok((stream, address)) = listener.accept().await else { continue };
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = sender.send((stream, address)).await;
                    }
                });
            }
        });
        Ok(Self { address, ready })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// A self-signed certificate for these names, kept beside the data so that a browser has to be told once.
///
/// # Errors
/// [`ServeError::Certificate`].
pub fn acceptor(directory: &Path, names: Vec<String>) -> Result<TlsAcceptor, ServeError> {
    let fail = |error: &dyn std::fmt::Display| ServeError::Certificate(error.to_string());
    let (certificate_file, key_file) = (directory.join("tls-certificate.pem"), directory.join("tls-key.pem"));
    if !certificate_file.exists() || !key_file.exists() {
        let made = rcgen::generate_simple_self_signed(names).map_err(|error| fail(&error))?;
        std::fs::create_dir_all(directory).map_err(|error| fail(&error))?;
        std::fs::write(&key_file, made.signing_key.serialize_pem()).map_err(|error| fail(&error))?;
        std::fs::write(&certificate_file, made.cert.pem()).map_err(|error| fail(&error))?;
    }
    let certificate = CertificateDer::from_pem_file(&certificate_file).map_err(|error| fail(&error))?;
    let key = PrivateKeyDer::from_pem_file(&key_file).map_err(|error| fail(&error))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fail(&error))?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(|error| fail(&error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
