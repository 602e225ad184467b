//! Passkeys on the wire (Web Authentication, Level 3). Nothing outside this file knows the crate behind it.
//!
//! The relying party is the host of the portal; every ceremony asks for user verification, and takes keys that the
//! authenticator finds by itself. No attestation is asked for: which make of authenticator somebody uses decides
//! nothing here. The crate also ages its own state by the machine's clock; what counts is the age that the store keeps.

use platform::{
    App,
    http::Failure,
    store::{
        keys::ItemKey,
        passkey::{self, HANDLE_BYTES, Handle, Passkey},
    },
};
use serde_json::{Value, json};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthenticationServerState, DiscoverableCredentialRequestOptions,
    PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
    bin::{Decode, Encode},
    request::{
        AsciiDomain, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle},
    },
    response::{
        AuthTransports, CredentialId,
        auth::{DiscoverableAuthentication, error::AuthCeremonyErr},
        register::{CompressedPubKey, DynamicState, StaticState},
    },
};

/// The portal as passkeys know it.
pub(crate) struct RelyingParty {
    id: RpId,
    origin: String,
}

/// A question to an authenticator.
pub(crate) struct Question {
    /// What the page hands to the browser, in the specification's own JSON.
    pub(crate) options: Value,
    /// What the server remembers until the answer.
    pub(crate) state: Vec<u8>,
}

/// Whom a new passkey is for, as the authenticator shows them to its owner.
pub(crate) struct For<'a> {
    pub(crate) handle: Handle,
    pub(crate) name: &'a str,
    pub(crate) practice: &'a str,
}

/// The public half of a new passkey.
pub(crate) struct NewKey {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) static_state: Vec<u8>,
    pub(crate) dynamic_state: Vec<u8>,
    pub(crate) transports: u8,
    pub(crate) sign_count: u32,
}

/// What a passkey answered, not verified yet.
pub(crate) struct Assertion {
    authentication: DiscoverableAuthentication<HANDLE_BYTES>,
    /// Whose it says it is.
    pub(crate) handle: Handle,
    /// The authenticator's own name for the passkey.
    credential_id: Vec<u8>,
}

/// What changes with a use.
pub(crate) struct Use {
    pub(crate) dynamic_state: Vec<u8>,
    pub(crate) sign_count: u32,
}

/// Why an answer is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It counts less uses than it did before: there may be two of it.
    CounterWentBack,
    /// Anything else.
    Wrong,
}

fn internal<E>(_: E) -> Failure {
    Failure::Internal("a passkey ceremony cannot be made".into())
}

impl RelyingParty {
    /// From the origin of the portal.
    ///
    /// # Errors
    /// [`Failure::Internal`] if its host cannot have passkeys: an address instead of a name.
    pub(crate) fn of(app: &App) -> Result<Self, Failure> {
        let host = app.edge.origin.host().split(':').next().unwrap_or_default().to_owned();
        let id = RpId::Domain(AsciiDomain::try_from(host).map_err(internal)?);
        Ok(Self { id, origin: app.edge.origin.as_str().to_owned() })
    }

    /// Asks for a new passkey, on an authenticator that has none of `known`.
    pub(crate) fn register(&self, person: &For<'_>, known: &[Passkey]) -> Result<Question, Failure> {
        let handle = UserHandle::decode(person.handle.to_bytes()).map_err(internal)?;
        let known = known.iter().map(descriptor).collect::<Option<Vec<_>>>().ok_or(()).map_err(internal)?;
        let entity = PublicKeyCredentialUserEntity::from(&handle);
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.id, entity, known);
        // Whoever enforces it keeps out authenticators that have never heard of it; every use asks for verification.
        options.extensions.cred_protect = CredProtect::None;
        let (server, client) = options.start_ceremony().map_err(internal)?;
        let mut options = serde_json::to_value(&client).map_err(internal)?;
        // The names are for the owner's eyes only: the crate would turn down those with a space in them.
        options["rp"]["name"] = json!(person.practice);
        options["user"]["name"] = json!(person.name);
        options["user"]["displayName"] = json!(person.name);
        Ok(Question { options, state: server.encode().map_err(internal)? })
    }

    /// The new passkey, if `credential` answers what was asked.
    pub(crate) fn registered(&self, state: &[u8], credential: &Value) -> Option<NewKey> {
        let server = RegistrationServerState::<HANDLE_BYTES>::decode(state).ok()?;
        let json = serde_json::to_vec(credential).ok()?;
        let answer = Registration::from_json_relaxed(&json).ok()?;
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &[self.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = server.verify(&self.id, &answer, &options).ok()?;
        Some(NewKey {
            credential_id: made.id().as_ref().to_vec(),
            static_state: made.static_state().encode().ok()?,
            dynamic_state: made.dynamic_state().encode().ok()?.to_vec(),
            transports: made.transports().encode().ok()?,
            sign_count: made.dynamic_state().sign_count,
        })
    }

    /// Asks for any passkey of this portal.
    pub(crate) fn ask(&self) -> Result<Question, Failure> {
        let options = DiscoverableCredentialRequestOptions::passkey(&self.id);
        let (server, client) = options.start_ceremony().map_err(internal)?;
        let options = serde_json::to_value(&client).map_err(internal)?;
        Ok(Question { options, state: server.encode().map_err(internal)? })
    }

    /// What has changed about `passkey`, if `assertion` is its answer to what was asked.
    pub(crate) fn verify(
        &self,
        state: &[u8],
        assertion: &Assertion,
        passkey: &Passkey,
    ) -> Result<Use, Refused> {
        let handle = UserHandle::decode(assertion.handle.to_bytes()).map_err(|_| Refused::Wrong)?;
        let mut credential = stored(passkey, &handle).ok_or(Refused::Wrong)?;
        let server = DiscoverableAuthenticationServerState::decode(state).map_err(|_| Refused::Wrong)?;
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &[self.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        match server.verify(&self.id, &assertion.authentication, &mut credential, &options) {
            Ok(_) => {
                let dynamic = credential.dynamic_state();
                let bytes = dynamic.encode().map_err(|_| Refused::Wrong)?;
                Ok(Use { dynamic_state: bytes.to_vec(), sign_count: dynamic.sign_count })
            }
            Err(AuthCeremonyErr::SignatureCounter) => Err(Refused::CounterWentBack),
            Err(_) => Err(Refused::Wrong),
        }
    }
}

impl Assertion {
    /// Reads an answer. One that no passkey of ours can have given is none.
    pub(crate) fn parse(json: &Value) -> Option<Self> {
        let json = serde_json::to_vec(json).ok()?;
        let authentication = DiscoverableAuthentication::<HANDLE_BYTES>::from_json_relaxed(&json).ok()?;
        let handle = Handle::from_bytes(authentication.response().user_handle().as_ref())?;
        let credential_id = authentication.raw_id().as_ref().to_vec();
        Some(Self { authentication, handle, credential_id })
    }

    /// The key of the passkey that it says it is.
    pub(crate) fn key(&self) -> ItemKey {
        passkey::key(self.handle.practice, self.handle.holder, &self.credential_id)
    }
}

type Credential<'a> =
    AuthenticatedCredential<'a, 'a, HANDLE_BYTES, CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

fn stored<'a>(passkey: &'a Passkey, handle: &'a UserHandle<HANDLE_BYTES>) -> Option<Credential<'a>> {
    let id = CredentialId::decode(passkey.credential_id.as_slice()).ok()?;
    let dynamic = DynamicState::decode(passkey.dynamic_state.as_slice().try_into().ok()?).ok()?;
    AuthenticatedCredential::new(id, handle, StaticState::decode(&passkey.static_state).ok()?, dynamic).ok()
}

fn descriptor(passkey: &Passkey) -> Option<PublicKeyCredentialDescriptor<Vec<u8>>> {
    Some(PublicKeyCredentialDescriptor {
        id: CredentialId::decode(passkey.credential_id.clone()).ok()?,
        transports: AuthTransports::decode(passkey.transports).ok()?,
    })
}
