//! Who comes to the doors.

use api_tests::{Browser, World};
use domain::{
    role::{Act, ROLES, Role},
    session::SessionKind,
};

/// Somebody at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// No cookie at all.
    Anonymous,
    /// A patient's session that has ended by time.
    Expired,
    /// A patient's session that was ended.
    Revoked,
    /// A token in the form of a service's, which nobody was given.
    Service,
    /// Maria, whose things "own" are.
    Owner,
    /// Rosa, who acts for her son Luis: his things are her own.
    Parent,
    /// Linh, a patient of the same practice.
    OtherPatient,
    /// John of the other practice.
    ForeignPatient,
    /// Ben.
    FrontDesk,
    /// Cleo, to whom the conversation is assigned.
    Assigned,
    /// Dora, a clinician to whom nothing is assigned.
    Unassigned,
    /// Ida.
    Auditor,
    /// Max, an admin who treats nobody.
    Admin,
    /// Ana of the other practice, admin and clinician there.
    ForeignStaff,
}

impl Principal {
    /// Everybody.
    pub const ALL: [Self; 14] = [
        Self::Anonymous,
        Self::Expired,
        Self::Revoked,
        Self::Service,
        Self::Owner,
        Self::Parent,
        Self::OtherPatient,
        Self::ForeignPatient,
        Self::FrontDesk,
        Self::Assigned,
        Self::Unassigned,
        Self::Auditor,
        Self::Admin,
        Self::ForeignStaff,
    ];

    /// Whether a session of theirs is alive.
    pub fn is_signed_in(self) -> bool {
        !matches!(self, Self::Anonymous | Self::Expired | Self::Revoked | Self::Service)
    }

    /// Whether they come as a patient.
    pub fn is_patient(self) -> bool {
        matches!(self, Self::Owner | Self::Parent | Self::OtherPatient | Self::ForeignPatient)
    }

    /// Whether they belong to the other practice.
    pub fn is_foreign(self) -> bool {
        matches!(self, Self::ForeignPatient | Self::ForeignStaff)
    }

    /// Whether the roles of this member of staff allow an act.
    pub fn may(self, act: Act) -> bool {
        self.roles().iter().any(|role| role.may(act))
    }

    fn roles(self) -> &'static [Role] {
        let [admin, clinician, front_desk, auditor] = ROLES;
        debug_assert!(
            (admin, clinician, front_desk, auditor)
                == (Role::Admin, Role::Clinician, Role::FrontDesk, Role::Auditor)
        );
        match self {
            Self::FrontDesk => &[Role::FrontDesk],
            Self::Assigned | Self::Unassigned => &[Role::Clinician],
            Self::Auditor => &[Role::Auditor],
            Self::Admin => &[Role::Admin],
            Self::ForeignStaff => &[Role::Admin, Role::Clinician],
            _ => &[],
        }
    }
}

/// The browsers of those whose sessions are over, which have to be made before time passes.
pub struct Visitors {
    expired: Browser,
    revoked: Browser,
}

impl Visitors {
    /// Lets two sessions end, one by time and one by its owner.
    pub async fn prepare(world: &World) -> Self {
        let expired = world.signed_in(&world.demo, "maria").await;
        world.clock.advance_seconds(13 * 3600);
        let revoked = world.signed_in(&world.demo, "maria").await;
        revoked.clone().delete("/v1/session").await.expect(204);
        Self { expired, revoked }
    }

    /// A browser of somebody, freshly signed in where they can be.
    pub async fn browser(&self, world: &World, who: Principal) -> Browser {
        let (practice, name) = match who {
            Principal::Anonymous => return world.browser(),
            Principal::Expired => return self.expired.clone(),
            Principal::Revoked => return self.revoked.clone(),
            Principal::Service => {
                let token = format!("{}.svc_01jd6xk0000000000000000000.{}", world.demo.id, "A".repeat(43));
                return world.browser().with_header("authorization", &format!("Bearer {token}"));
            }
            Principal::Owner => (&world.demo, "maria"),
            Principal::Parent => (&world.demo, "rosa"),
            Principal::OtherPatient => (&world.demo, "linh"),
            Principal::ForeignPatient => (&world.other, "john"),
            Principal::FrontDesk => (&world.demo, "ben"),
            Principal::Assigned => (&world.demo, "cleo"),
            Principal::Unassigned => (&world.demo, "dora"),
            Principal::Auditor => (&world.demo, "ida"),
            Principal::Admin => (&world.demo, "max"),
            Principal::ForeignStaff => (&world.other, "ana"),
        };
        let token = world.session(practice, name, SessionKind::Patient).await;
        let mut browser = world.browser();
        browser.cookies.insert("__Host-session".to_owned(), token.expose());
        browser
    }
}
