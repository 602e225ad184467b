//! `local run`.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use local::{Stack, StackOptions, serve};
use platform::telemetry;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, fmt, registry::Registry};

/// How long requests under way may take once Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(crate) struct RunArguments {
    /// Port of portal, API and outbox.
    #[arg(long, env = "PORT", value_name = "PORT", default_value_t = 8080)]
    port: u16,
    /// Address that this port listens on. Others on the network reach the demonstration data if it is not the loopback.
    #[arg(long, env = "BIND", value_name = "BIND", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// The origin that links point to, where it is not this machine's own.
    #[arg(long, env = "PUBLIC_ORIGIN", value_name = "PUBLIC_ORIGIN")]
    public_origin: Option<String>,
    /// Port of the local AWS.
    #[arg(long, env = "LOCAL_AWS_PORT", value_name = "LOCAL_AWS_PORT", default_value_t = 4566)]
    local_aws_port: u16,
    /// Address that the local AWS listens on.
    #[arg(long, env = "LOCAL_AWS_BIND", value_name = "LOCAL_AWS_BIND", default_value = "127.0.0.1")]
    local_aws_bind: IpAddr,
    /// Directory that keeps everything.
    #[arg(long, env = "LOCAL_DATA", value_name = "LOCAL_DATA", default_value = ".local")]
    local_data: PathBuf,
    /// The portal's built files.
    #[arg(long, env = "PORTAL_DIST", value_name = "PORTAL_DIST", default_value = "portal/dist")]
    portal_dist: PathBuf,
    /// Whether to serve https with a self-signed certificate: Safari and phones keep no session on http.
    #[arg(long, env = "TLS", value_name = "TLS", default_value = "0", value_parser = BoolishValueParser::new())]
    tls: bool,
    /// Seconds between a message and its notice: 10 where it is deployed, so that an undo comes before it.
    #[arg(long, env = "NOTICE_DELAY_SECONDS", value_name = "NOTICE_DELAY_SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=60))]
    notice_delay_seconds: u8,
    /// Whether a second practice shares the address, at a page of its own.
    #[arg(long, env = "SECOND_PRACTICE", value_name = "SECOND_PRACTICE", default_value = "0", value_parser = BoolishValueParser::new())]
    second_practice: bool,
    /// What the log on standard error tells.
    #[arg(long, env = "LOG_LEVEL", value_name = "LOG_LEVEL", default_value = "WARN")]
    log_level: Level,
}

pub(crate) async fn run(arguments: RunArguments) -> Result<(), Box<dyn Error>> {
    let log = fmt::layer().with_writer(io::stderr).with_filter(telemetry::targets(arguments.log_level));
    tracing::subscriber::set_global_default(Registry::default().with(log))?;

    // Ports first: whoever finds one taken has changed nothing.
    let portal = serve::bind(arguments.bind, arguments.port, "PORT").await?;
    let wire = serve::bind(arguments.local_aws_bind, arguments.local_aws_port, "LOCAL_AWS_PORT").await?;
    let port =
        portal.first().map_or(Ok(arguments.port), |listener| listener.local_addr().map(|a| a.port()))?;
    let wire_at = wire.first().map(|listener| listener.local_addr()).transpose()?;
    let scheme = if arguments.tls { "https" } else { "http" };
    let origin = arguments.public_origin.clone().unwrap_or_else(|| format!("{scheme}://localhost:{port}"));

    let data = arguments.local_data.clone();
    let mut options = StackOptions::run(data.clone(), origin.clone(), arguments.portal_dist);
    options.parameters.insert("NoticeDelaySeconds".to_owned(), arguments.notice_delay_seconds.to_string());
    options.second_practice = arguments.second_practice;
    let stack = Stack::start(options).await?;
    let mover = stack.move_events()?;
    let (stop, stopped) = watch::channel(false);
    let mut servers = JoinSet::new();
    let acceptor = arguments.tls.then(|| serve::acceptor(&data, names(&origin))).transpose()?;
    for listener in portal {
        match &acceptor {
            Some(acceptor) => {
                servers.spawn(serve::tls(listener, acceptor.clone(), stack.router(), stopped.clone()));
            }
            None => {
                servers.spawn(serve::plain(listener, stack.router(), stopped.clone()));
            }
        }
    }
    for listener in wire {
        servers.spawn(serve::plain(listener, stack.aws().wire_router(), stopped.clone()));
    }
    println!(
        "The local run is ready. It is not for real patients.\n\n\
         \x20 Patients     {origin}/            for example maria@patients.test, born 1985-03-14\n\
         \x20 Staff        {origin}/staff       for example ana@demo.test\n\
         \x20 Outbox       {origin}/outbox      every e-mail and text message\n\
         \x20 API          {origin}/v1/openapi.json\n\
         \x20 Local AWS    http://{}  (account 000000000000, us-east-1)\n\
         \x20 Data         {}\n\n\
         Ctrl-C stops it.",
        wire_at.map(|address| address.to_string()).unwrap_or_default(),
        data.display(),
    );
    tokio::select! {
        () = interrupted() => {}
        Some(ended) = servers.join_next() => ended??,
    }
    stop.send_replace(true);
    let finished = async { while servers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(PATIENCE, finished).await;
    drop(mover);
    println!("Stopped.");
    Ok(())
}

/// Ctrl-C, or the end that a supervisor asks for.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// The names of the certificate: this machine's, and the origin's host.
fn names(origin: &str) -> Vec<String> {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    if !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    names
}
