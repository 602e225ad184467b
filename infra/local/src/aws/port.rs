//! The loopback port: local AWS for the AWS CLI, `sam local` and any SDK.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};

use super::dispatch::Broken;
use super::wire::Call;
use super::{LocalAws, caller_of};

const LIMIT_BYTES: usize = 20 * 1024 * 1024;

pub(super) fn router(aws: LocalAws) -> Router {
    Router::new().fallback(answer).layer(DefaultBodyLimit::max(LIMIT_BYTES)).with_state(aws)
}

async fn answer(
    State(aws): State<LocalAws>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if method == Method::GET && uri.path() == "/" {
        return plain(
            StatusCode::OK,
            "local AWS: DynamoDB, KMS, SES v1, SNS, SQS and S3. Not for real patients.\n",
        );
    }
    if ![Method::POST, Method::PUT, Method::GET, Method::DELETE].contains(&method) {
        return plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "local AWS takes POST, and PUT, GET and DELETE of objects\n",
        );
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(key) = authorization.and_then(access_key) else {
        return plain(
            StatusCode::FORBIDDEN,
            "{\"__type\":\"MissingAuthenticationToken\",\"message\":\"Missing Authentication Token\"}",
        );
    };
    let caller = caller_of(&aws, key);
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let call = Call {
        method: method.as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        target: header("x-amz-target"),
        if_none_match: headers.contains_key(header::IF_NONE_MATCH),
        checksum: header("x-amz-checksum-sha256"),
        body,
    };
    match aws.serve(&caller, call).await {
        Ok(answer) => {
            let mut response = Response::new(Body::from(answer.body));
            *response.status_mut() =
                StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(answer.content_type));
            response
        }
        Err(Broken::Silence) => std::future::pending().await,
        // A body that breaks at once closes the connection.
        Err(broken) => {
            let error: Result<Bytes, std::io::Error> = Err(std::io::Error::other(broken));
            Response::new(Body::from_stream(futures_util::stream::iter([error])))
        }
    }
}

/// The access key id in `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, …`.
fn access_key(authorization: &str) -> Option<&str> {
    authorization.split_once("Credential=")?.1.split('/').next()
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
