//! The way of one call: fault plan, recorder, model, service.

use super::fault::Fault;
use super::iam::Caller;
use super::model::Class;
use super::recorder::Draft;
use super::wire::{Answer, AwsError, Call, Request, Service};
use super::{Inner, LocalAws, dynamodb, ses, sns, sqs};

/// A call without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the connection was closed before the request was sent")]
    RequestLost,
    #[error("the connection was closed before the answer came")]
    ResponseLost,
    #[error("no answer came")]
    Silence,
}

impl LocalAws {
    /// Answers one request.
    pub(crate) async fn serve(&self, caller: &Caller, call: Call<'_>) -> Result<Answer, Broken> {
        let request = match Request::read(call) {
            Ok(request) => request,
            Err(unreadable) => {
                let error = AwsError::sender("UnknownOperationException", unreadable.to_string());
                return Ok(error.answer(Service::DynamoDb, ""));
            }
        };
        self.inner.call(caller, &request).await
    }
}

impl Inner {
    pub(super) async fn call(&self, caller: &Caller, request: &Request) -> Result<Answer, Broken> {
        let fault = self.faults.strike(caller, request);
        let mut draft = self.recorder.start(caller, request);
        if draft.wanted() {
            // Calls that a function makes side by side must all have started before the first one ends: else an
            // in-process answer, which never waits, would make them look like one after the other.
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        }
        let result = self.call_with(caller, request, fault, &mut draft).await;
        self.recorder.finish(
            draft,
            result.as_ref().map_err(|broken| match broken {
                Broken::RequestLost => "RequestLost",
                Broken::ResponseLost => "ResponseLost",
                Broken::Silence => "Timeout",
            }),
        );
        result
    }

    async fn call_with(
        &self,
        caller: &Caller,
        request: &Request,
        fault: Option<Fault>,
        draft: &mut Draft,
    ) -> Result<Answer, Broken> {
        match fault {
            None => Ok(self.run(caller, request, draft).await),
            Some(Fault::RequestLost) => Err(Broken::RequestLost),
            Some(Fault::Timeout) => Err(Broken::Silence),
            Some(Fault::ResponseLost) => {
                self.run(caller, request, draft).await;
                Err(Broken::ResponseLost)
            }
            Some(Fault::CrashAfter(crash)) => {
                self.run(caller, request, draft).await;
                crash();
                Err(Broken::ResponseLost)
            }
            Some(Fault::Throttle) => Ok(self.refuse(request, throttled(request.service))),
            Some(Fault::InternalError) => Ok(self.refuse(request, failed(request.service))),
            Some(Fault::TransactionConflict) => {
                let error = if request.operation.starts_with("Transact") {
                    let message = "Transaction is ongoing for the item";
                    dynamodb::cancelled(0, dynamodb::part_count(request), "TransactionConflict", message)
                } else {
                    AwsError::sender("TransactionConflictException", "Transaction is ongoing for the item")
                };
                Ok(self.refuse(request, error))
            }
        }
    }

    fn refuse(&self, request: &Request, error: AwsError) -> Answer {
        error.answer(request.service, &self.uuid())
    }

    async fn run(&self, caller: &Caller, request: &Request, draft: &mut Draft) -> Answer {
        if request.service != Service::DynamoDb
            && let Some(model) = self.model()
        {
            model.sleep(Class::Other).await;
        }
        let result = match request.service {
            Service::DynamoDb => self.dynamodb.handle(self, caller, request, draft).await,
            Service::Kms => self.kms.handle(&self.iam, caller, request),
            Service::Ses => ses::handle(self, caller, request),
            Service::Sns => sns::handle(self, caller, request),
            Service::Sqs => sqs::handle(self, caller, request).await,
            Service::S3 => self.s3.handle(self, caller, request),
        };
        match result {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(
                    service = request.service.name(),
                    operation = request.operation,
                    error.code,
                    "call refused"
                );
                self.refuse(request, error)
            }
        }
    }
}

fn throttled(service: Service) -> AwsError {
    match service {
        Service::DynamoDb => {
            AwsError::sender("ThrottlingException", "Rate of requests exceeds the allowed throughput.")
        }
        Service::Kms => AwsError::sender("ThrottlingException", "Rate exceeded"),
        Service::Sqs => AwsError::sender("RequestThrottled", "Rate exceeded"),
        Service::Ses | Service::Sns => AwsError::sender("Throttling", "Rate exceeded"),
        Service::S3 => {
            AwsError { status: 503, ..AwsError::sender("SlowDown", "Please reduce your request rate.") }
        }
    }
}

fn failed(service: Service) -> AwsError {
    match service {
        Service::DynamoDb => AwsError::service(
            "InternalServerError",
            "The request processing has failed because of an unknown error",
        ),
        Service::Kms => AwsError::service(
            "KMSInternalException",
            "The request was rejected because an internal exception occurred.",
        ),
        Service::S3 => {
            AwsError::service("InternalError", "We encountered an internal error. Please try again.")
        }
        Service::Ses | Service::Sns | Service::Sqs => AwsError::service(
            "InternalFailure",
            "The request processing has failed because of an unknown error",
        ),
    }
}
