//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::{
    Invalid,
    contact::ContactValue,
    language::Language,
    person::PersonName,
    practice::{PublicProfile, Slug},
    role::{ROLES, Role},
};

/// Sets up practices and their first staff in a deployed stack, and checks audit logs.
///
/// Credentials come from where the AWS CLI has them: environment, profile, SSO. The names of tables and key come from
/// the outputs of the stack, or one by one.
#[derive(Parser)]
#[command(name = "admin", version)]
pub struct Cli {
    /// Which stack.
    #[command(flatten)]
    pub stack: StackArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the stack is.
#[derive(Args, Default)]
pub struct StackArgs {
    /// The outputs of the stack, as `aws cloudformation describe-stacks --stack-name … --query 'Stacks[0].Outputs'`
    /// prints them; `-` reads them from standard input
    #[arg(long, global = true, env = "STACK_OUTPUTS", value_name = "FILE")]
    pub outputs: Option<PathBuf>,
    /// Name of the chat table, in place of the output ChatTable
    #[arg(long, global = true, env = "CHAT_TABLE", value_name = "NAME")]
    pub chat_table: Option<String>,
    /// Name of the audit table, in place of the output AuditTable
    #[arg(long, global = true, env = "AUDIT_TABLE", value_name = "NAME")]
    pub audit_table: Option<String>,
    /// ARN of the envelope key, in place of the output EnvelopeKeyArn
    #[arg(long, global = true, env = "ENVELOPE_KEY_ARN", value_name = "ARN")]
    pub envelope_key_arn: Option<String>,
    /// Role to act in, in place of the output OperatorRoleArn; without either the caller's own
    #[arg(long, global = true, env = "OPERATOR_ROLE_ARN", value_name = "ARN")]
    pub operator_role_arn: Option<String>,
    /// Where patients and staff go, in place of the output PublicOrigin
    #[arg(long, global = true, env = "PUBLIC_ORIGIN", value_name = "URL")]
    pub public_origin: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long, global = true, env = "AWS_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS region
    #[arg(long, global = true, env = "AWS_REGION", value_name = "REGION")]
    pub region: Option<String>,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Practices
    #[command(subcommand)]
    Practice(PracticeCommand),
    /// Staff of a practice
    #[command(subcommand)]
    Staff(StaffCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// What to do with the audit log.
#[derive(Subcommand)]
pub enum AuditCommand {
    /// Check a log without asking the service: that no event was changed, removed, added or moved
    Verify(VerifyLog),
}

/// A log to be checked.
#[derive(Args)]
pub struct VerifyLog {
    /// Files with the events in their order, one on each line, as /v1/audit/export gives them or the locked bucket has
    /// them; `-` reads them from standard input
    #[arg(required = true, value_name = "LOG")]
    pub log: Vec<PathBuf>,
    /// Signed checkpoints: one on each line, as the locked bucket has them, or an answer of /v1/audit/checkpoints
    #[arg(long, required = true, value_name = "FILE")]
    pub checkpoints: Vec<PathBuf>,
    /// The public key, as `aws kms get-public-key` gives it: DER, base64 or PEM
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// What to do with practices.
#[derive(Subcommand)]
pub enum PracticeCommand {
    /// Create a practice with keys of its own
    Create(CreatePractice),
}

/// A practice to be created.
#[derive(Args)]
pub struct CreatePractice {
    /// Short name in addresses: lower-case letters, digits, hyphens. It is never given to another practice
    #[arg(long, value_parser = parsed(Slug::parse))]
    pub slug: Slug,
    /// Full public name
    #[arg(long)]
    pub name: String,
    /// Short neutral name that mails and texts are signed with, at most 24 characters. It must not name a specialty
    #[arg(long)]
    pub sender_name: String,
    /// Public phone, E.164
    #[arg(long, allow_hyphen_values = true)]
    pub phone: String,
    /// Number to call when it cannot wait, such as 911
    #[arg(long, allow_hyphen_values = true)]
    pub emergency_number: String,
    /// Opening hours in plain words
    #[arg(long)]
    pub hours: String,
    /// IANA time zone, such as America/New_York
    #[arg(long)]
    pub time_zone: String,
    /// Languages that the practice answers in, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "en")]
    pub languages: Vec<String>,
}

impl CreatePractice {
    /// The profile as it was typed.
    pub fn profile(&self) -> PublicProfile {
        PublicProfile {
            name: self.name.clone(),
            sender_name: self.sender_name.clone(),
            phone: self.phone.clone(),
            emergency_number: self.emergency_number.clone(),
            hours: self.hours.clone(),
            time_zone: self.time_zone.clone(),
            languages: self.languages.clone(),
        }
    }
}

/// What to do with staff.
#[derive(Subcommand)]
pub enum StaffCommand {
    /// Add a member of staff, who may then ask for a sign-in mail
    Invite(InviteStaff),
    /// Take away what a member of staff signs in with, because it is lost; every admin is told by mail
    Reset(ResetStaff),
}

/// Whose factors are reset.
#[derive(Args)]
pub struct ResetStaff {
    /// Short name of the practice
    #[arg(value_parser = parsed(Slug::parse))]
    pub practice: Slug,
    /// E-mail address they sign in with
    #[arg(value_parser = parsed(ContactValue::email))]
    pub address: ContactValue,
}

/// Somebody to be invited.
#[derive(Args)]
pub struct InviteStaff {
    /// Short name of the practice
    #[arg(long, value_parser = parsed(Slug::parse))]
    pub practice: Slug,
    /// Name that patients see
    #[arg(long, value_parser = parsed(PersonName::parse))]
    pub name: PersonName,
    /// E-mail address they sign in with
    #[arg(long, value_parser = parsed(ContactValue::email))]
    pub email: ContactValue,
    /// admin, clinician, front_desk, auditor; separated by commas
    #[arg(long, required = true, value_delimiter = ',', value_parser = role)]
    pub roles: Vec<Role>,
    /// Language of the console and of mails
    #[arg(long, default_value = "en", value_parser = parsed(Language::parse))]
    pub language: Language,
}

fn parsed<T>(parse: fn(&str) -> Result<T, Invalid>) -> impl Fn(&str) -> Result<T, Invalid> + Clone {
    parse
}

fn role(text: &str) -> Result<Role, String> {
    let known = || ROLES.map(Role::as_str).join(", ");
    Role::from_stored(text.trim()).ok_or_else(|| format!("not one of {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn staff_are_invited_with_checked_values() {
        let line = |roles: &str, email: &str| {
            let words = ["admin", "staff", "invite", "--practice", "bright-eyes", "--name", "Ana Ruiz"];
            Cli::try_parse_from(words.into_iter().chain(["--email", email, "--roles", roles]))
        };
        let cli = line("admin,front_desk", "Ana@Example.org").unwrap_or_else(|e| panic!("{e}"));
        let Command::Staff(StaffCommand::Invite(invite)) = cli.command else { panic!("another command") };
        assert_eq!(invite.roles, [Role::Admin, Role::FrontDesk]);
        assert_eq!(invite.email.expose(), "ana@example.org");
        assert_eq!(invite.language.as_str(), "en");
        assert!(line("root", "ana@example.org").is_err());
        assert!(line("", "ana@example.org").is_err());
        assert!(line("admin", "+15555550100").is_err());
    }
}
