//! The product in a process of its own, as `make run` starts it, on free ports and a directory of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, StatusCode, header};
use platform::clock::Clock;
use serde_json::{Value, json};

use crate::{Result, load, load::Outgoing, machine};

/// A running server. It ends with this value.
pub(crate) struct Server {
    process: Child,
    /// Where portal and API listen.
    pub(crate) address: SocketAddr,
    /// Where its AWS listens.
    aws: SocketAddr,
    /// From the start of the process to its first good answer.
    pub(crate) first_answer: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts it and asks it for `path` until it answers 200.
    ///
    /// # Errors
    /// Where it ends or does not answer within 20 seconds.
    pub(crate) async fn start(program: &Path, data: &Path, path: &str, token: &str) -> Result<Self> {
        let (port, aws_port) = (free_port()?, free_port()?);
        let started = Instant::now();
        let process = Command::new(program)
            .arg("run")
            .env_clear()
            .envs([("PORT", port.to_string()), ("LOCAL_AWS_PORT", aws_port.to_string())])
            .env("LOCAL_DATA", data)
            .env("NOTICE_DELAY_SECONDS", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut server = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            aws: SocketAddr::from(([127, 0, 0, 1], aws_port)),
            first_answer: Duration::ZERO,
        };
        while server.get(path, token).await.is_none_or(|status| status != StatusCode::OK) {
            if let Some(status) = server.process.try_wait()? {
                return Err(format!("the server ended: {status}").into());
            }
            if started.elapsed() > Duration::from_secs(20) {
                return Err("the server did not answer within 20 s".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.first_answer = started.elapsed();
        Ok(server)
    }

    async fn get(&self, path: &str, token: &str) -> Option<StatusCode> {
        let mut connection = load::connect(self.address).await.ok()?;
        let (status, _) =
            load::send(&mut connection, self.request(Method::GET, path, token, "", None)).await.ok()?;
        Some(status)
    }

    /// A request as the portal sends it.
    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        token: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Outgoing {
        request(&format!("localhost:{}", self.address.port()), method, path, token, key, body)
    }

    /// Memory in MiB: now, and the most it ever had.
    ///
    /// # Errors
    /// Where the process is gone.
    pub(crate) fn memory(&self) -> Result<(f64, f64)> {
        machine::memory(self.process.id())
    }

    /// Processor seconds so far.
    ///
    /// # Errors
    /// Where the process is gone.
    pub(crate) fn cpu(&self) -> Result<f64> {
        machine::cpu(self.process.id()).map(|(user, system)| user + system)
    }

    /// Outbox items that are not done: what stands in the due index. What is to leave tomorrow, a reminder, is not late.
    ///
    /// # Errors
    /// Where its AWS does not answer.
    pub(crate) async fn unsent(&self) -> Result<u64> {
        let mut connection = load::connect(self.aws).await?;
        let table = self.chat_table(&mut connection).await?;
        let mut count = 0;
        let soon = Clock::System.now().plus_seconds(3600).to_string();
        for shard in 0..platform::store::keys::DUE_SHARDS {
            let body = json!({
                "TableName": table, "IndexName": "due", "Select": "COUNT", "KeyConditionExpression": "due_pk = :pk AND due_at <= :soon",
                "ExpressionAttributeValues": {
                    ":pk": { "S": platform::store::keys::due_partition(shard) },
                    ":soon": { "S": soon },
                },
            });
            count += call(&mut connection, "Query", &body).await?["Count"].as_u64().unwrap_or(0);
        }
        Ok(count)
    }

    async fn chat_table(
        &self,
        connection: &mut hyper::client::conn::http1::SendRequest<Full<Bytes>>,
    ) -> Result<String> {
        let tables = call(connection, "ListTables", &json!({})).await?;
        let names = tables["TableNames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).find(|name| name.contains("Chat")).ok_or_else(|| "no chat table".into())
    }

    /// Waits until everything is sent and answers how long that took.
    ///
    /// # Errors
    /// Where it takes longer than two minutes.
    pub(crate) async fn drain(&self) -> Result<Duration> {
        let since = Instant::now();
        while self.unsent().await? > 0 {
            if since.elapsed() > Duration::from_secs(120) {
                return Err("notices did not leave within two minutes".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(since.elapsed())
    }
}

/// A request as the portal sends it.
pub(crate) fn request(
    host: &str,
    method: Method,
    path: &str,
    token: &str,
    key: &str,
    body: Option<&Value>,
) -> Outgoing {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
        .header(header::COOKIE, format!("__Host-session={token}"));
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    if body.is_some() {
        request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ORIGIN, format!("http://{host}"));
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    request.body(Full::from(body)).unwrap_or_default()
}

/// A call of the server's AWS, as its administrator.
async fn call(
    connection: &mut hyper::client::conn::http1::SendRequest<Full<Bytes>>,
    operation: &str,
    body: &Value,
) -> Result<Value> {
    let request = Request::post("/")
        .header(header::HOST, "localhost")
        .header(
            header::AUTHORIZATION,
            "AWS4-HMAC-SHA256 Credential=admin/20260101/us-east-1/dynamodb/aws4_request",
        )
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .body(Full::from(body.to_string()))?;
    let (status, answer) = load::send(connection, request).await?;
    if status != StatusCode::OK {
        return Err(format!("{operation}: {status} {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(serde_json::from_slice(&answer)?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
