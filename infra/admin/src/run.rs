//! Doing what was typed.

use std::io::Write;

use domain::practice::Policies;
use platform::provision::{NewPractice, NewStaff, ProvisionError, Provisioner};

use crate::cli::{
    AuditCommand, Command, CreatePractice, InviteStaff, PracticeCommand, ResetStaff, StaffCommand,
};
use crate::verify::{VerifyError, verify};

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Options that are not valid.
    #[error("not valid: {0}")]
    Options(String),
    /// The practice or member of staff was not set up.
    #[error(transparent)]
    Provision(ProvisionError),
    /// The audit log is not whole, or cannot be read.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The result cannot be shown. It was done all the same.
    #[error("done, but it cannot be shown")]
    Output(#[from] std::io::Error),
}

impl From<ProvisionError> for RunError {
    fn from(error: ProvisionError) -> Self {
        let ProvisionError::Profile(errors) = error else { return Self::Provision(error) };
        let option = |pointer: &str| pointer.trim_start_matches('/').replace('_', "-");
        let errors: Vec<_> =
            errors.iter().map(|e| format!("--{} ({})", option(&e.pointer), e.code)).collect();
        Self::Options(errors.join(", "))
    }
}

/// Runs a command that needs no stack, and says whether it was one.
///
/// # Errors
/// [`RunError`].
pub fn run_offline(command: &Command, out: &mut impl Write) -> Result<bool, RunError> {
    let Command::Audit(AuditCommand::Verify(log)) = command else { return Ok(false) };
    verify(log, out)?;
    Ok(true)
}

/// Runs a command and says what was done.
///
/// # Errors
/// [`RunError`].
pub async fn run(
    provisioner: &Provisioner,
    origin: Option<&str>,
    command: &Command,
    out: &mut impl Write,
) -> Result<(), RunError> {
    match command {
        Command::Practice(PracticeCommand::Create(new)) => create_practice(provisioner, new, out).await,
        Command::Staff(StaffCommand::Invite(new)) => invite_staff(provisioner, origin, new, out).await,
        Command::Staff(StaffCommand::Reset(whose)) => reset_staff(provisioner, whose, out).await,
        Command::Audit(_) => run_offline(command, out).map(drop),
    }
}

async fn create_practice(
    provisioner: &Provisioner,
    new: &CreatePractice,
    out: &mut impl Write,
) -> Result<(), RunError> {
    let slug = new.slug.clone();
    let new = NewPractice { slug, profile: new.profile(), policies: Policies::STRICT };
    let practice = provisioner.create_practice(new).await?;
    writeln!(out, "Created practice {} ({}), with keys of its own.", practice.slug, practice.id)?;
    writeln!(out, "Next, its first admin:")?;
    writeln!(
        out,
        "  admin staff invite --practice {} --name '…' --email … --roles admin,clinician",
        practice.slug
    )?;
    Ok(())
}

async fn reset_staff(
    provisioner: &Provisioner,
    whose: &ResetStaff,
    out: &mut impl Write,
) -> Result<(), RunError> {
    let practice = provisioner.practice(&whose.practice).await?;
    let staff = provisioner.reset_staff(&practice, &whose.address).await?;
    writeln!(out, "Reset {staff} of {}: no passkey, no code generator, no session is left.", practice.slug)?;
    writeln!(out, "They ask for a sign-in mail and set up a new passkey. Every admin is told by mail.")?;
    Ok(())
}

async fn invite_staff(
    provisioner: &Provisioner,
    origin: Option<&str>,
    new: &InviteStaff,
    out: &mut impl Write,
) -> Result<(), RunError> {
    let practice = provisioner.practice(&new.practice).await?;
    let staff = NewStaff {
        name: new.name.clone(),
        email: new.email.clone(),
        roles: new.roles.clone(),
        language: new.language.clone(),
    };
    let staff = provisioner.invite_staff(&practice, staff).await?;
    let roles: Vec<_> = staff.roles.iter().map(|role| role.as_str()).collect();
    writeln!(out, "Invited {} to {} as {}.", staff.id, practice.slug, roles.join(", "))?;
    writeln!(out, "They sign in at {}/staff with the e-mail address that you gave:", origin.unwrap_or("…"))?;
    writeln!(out, "the page asks for it and sends a link. No mail has gone out yet. They have 72 hours.")?;
    Ok(())
}
