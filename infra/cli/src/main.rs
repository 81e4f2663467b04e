//! The `scrip` program: one file per command.

mod address;
mod audit;
mod code;
mod demo;
mod device;
mod dynamodb;
mod log;
mod network;
mod phone;
mod pos;
mod secret;
mod state_file;
mod terminal;
mod till;
mod up;
mod webhook;

use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;

/// Scrip on this machine: the whole platform in one process.
#[derive(Parser, Debug)]
#[command(name = "scrip", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    up: up::Up,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Start the platform (what is done without a command, too)
    Up(up::Up),
    /// Play stories of bills, offline payments, deductions and coupons against a running platform, whose clock it advances
    Demo(demo::Demo),
    /// Make keys for devices, and sign with them
    Device(device::Device),
    /// Print the code that a phone shows at this moment, or make a static one
    Code(code::Code),
    /// A simulated phone: authorize offline payments, and show their codes without a network
    Phone(phone::Phone),
    /// A simulated point of sale: have codes paid, take payments back, store sales and upload them
    Pos(pos::PosCommand),
    /// A simulated intelligent terminal: verify rules, calculate deductions, be paid
    Terminal(terminal::TerminalCommand),
    /// Sign what a third party's server posts
    Webhook(webhook::Webhook),
    /// Rotate the master secret: add a generation, remove the oldest
    Secret(secret::Secret),
    /// Check that everything stored is true: money, transfers, bills, workflows
    Audit(audit::Audit),
    /// Serve DynamoDB and its streams alone, without tables, kept until the end: for emulators of AWS
    #[command(name = "dynamodb")]
    DynamoDb(dynamodb::DynamoDb),
}

/// Where a platform listens.
#[derive(Args, Clone, Debug)]
pub(crate) struct Port {
    /// The port on 127.0.0.1; 0 for any that is free
    #[arg(long, env = "SCRIP_PORT", default_value_t = 9400)]
    pub(crate) port: u16,
}

/// Runs what the command line asks for. What goes wrong is told in one line.
#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command.unwrap_or(Command::Up(arguments.up)) {
        Command::Up(up) => up.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Device(device) => device.run().await,
        Command::Code(code) => code.run().await,
        Command::Phone(phone) => phone.run().await,
        Command::Pos(pos) => pos.run().await,
        Command::Terminal(terminal) => terminal.run().await,
        Command::Webhook(webhook) => webhook.run().await,
        Command::Secret(secret) => secret.run(),
        Command::DynamoDb(dynamodb) => dynamodb.run().await,
        Command::Audit(audit) => return audit.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("scrip: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line for people beside what a command answers.
fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes what a command answers, and nothing else, to the standard output.
fn answer(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
