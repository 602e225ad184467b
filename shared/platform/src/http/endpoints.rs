//! One list of handlers makes both the service and its description.

use axum::{Router, handler::Handler, routing::MethodRouter};
use utoipa_axum::PathItemExt;

use crate::App;

/// Makes `api()` and `router(app)` of a function from its handlers, each with a `#[utoipa::path]`.
///
/// The service does not come out of the description: making every schema is a fifth of a function's start, and only
/// whoever writes the OpenAPI document needs it.
#[macro_export]
macro_rules! endpoints {
    ($($module:ident :: $handler:ident),+ $(,)?) => {
        /// The routes with their description.
        pub fn api() -> ::utoipa_axum::router::OpenApiRouter<$crate::App> {
            ::utoipa_axum::router::OpenApiRouter::new()
                $(.routes(::utoipa_axum::routes!($module::$handler)))+
        }

        /// The service.
        pub fn router(app: $crate::App) -> ::axum::Router {
            let routes = ::axum::Router::new();
            $(let routes = ::utoipa_axum::paste! {
                $crate::http::endpoints::route::<$module::[<__path_ $handler>], _, _>(routes, $module::$handler)
            };)+
            $crate::http::with_layers(routes, app)
        }
    };
}

/// Adds a handler under the path and the methods of its description.
pub fn route<P: utoipa::Path, H: Handler<T, App>, T: 'static>(
    routes: Router<App>,
    handler: H,
) -> Router<App> {
    let methods = P::methods();
    let method_router = methods
        .iter()
        .fold(MethodRouter::new(), |router, method| router.on(method.to_method_filter(), handler.clone()));
    routes.route(&P::path(), method_router)
}
