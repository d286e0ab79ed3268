//! Users and members.

use coffer_domain::usecase::keynest::{Login, MemberView, User};
use serde::Serialize;

use super::moment;

/// A user.
#[derive(Debug, Clone, Serialize)]
pub struct UserOut {
    id: u64,
    username: String,
    email: String,
    first_name: String,
    last_name: String,
    full_name: String,
    date_joined: String,
    last_login: Option<String>,
    is_active: bool,
}

impl From<&User> for UserOut {
    fn from(user: &User) -> Self {
        Self {
            id: user.number,
            username: user.username.clone(),
            email: user.email.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            full_name: user.full_name(),
            date_joined: moment(user.joined_at),
            last_login: user.last_login.map(moment),
            is_active: user.is_active(),
        }
    }
}

/// A user, flat as documented, and once more under `user`, as the original sends it.
#[derive(Debug, Serialize)]
pub struct ProfileOut {
    #[serde(flatten)]
    flat: UserOut,
    user: UserOut,
}

impl From<&User> for ProfileOut {
    fn from(user: &User) -> Self {
        Self {
            flat: user.into(),
            user: user.into(),
        }
    }
}

#[derive(Debug, Serialize)]
struct NamedOut<'a> {
    id: u64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

/// A registration.
#[derive(Debug, Serialize)]
pub struct RegisteredOut<'a> {
    message: &'static str,
    token: &'a str,
    user: UserOut,
    organization: Option<NamedOut<'a>>,
}

impl<'a> From<&'a Login> for RegisteredOut<'a> {
    fn from(login: &'a Login) -> Self {
        let own = login.organizations.first().map(|(organization, _)| NamedOut {
            id: organization.number,
            name: &organization.name,
            role: None,
        });
        Self {
            message: "User registered successfully",
            token: std::str::from_utf8(login.token.reveal()).unwrap_or_default(),
            user: (&login.user).into(),
            organization: own,
        }
    }
}

/// A login.
#[derive(Debug, Serialize)]
pub struct LoginOut<'a> {
    message: &'static str,
    token: &'a str,
    user: UserOut,
    organizations: Vec<NamedOut<'a>>,
}

impl<'a> From<&'a Login> for LoginOut<'a> {
    fn from(login: &'a Login) -> Self {
        let all = login.organizations.iter().map(|(organization, role)| NamedOut {
            id: organization.number,
            name: &organization.name,
            role: Some(role.as_str()),
        });
        Self {
            message: "Login successful",
            token: std::str::from_utf8(login.token.reveal()).unwrap_or_default(),
            user: (&login.user).into(),
            organizations: all.collect(),
        }
    }
}

/// A member.
#[derive(Debug, Serialize)]
pub struct MemberOut {
    id: u64,
    email: String,
    username: String,
    role: &'static str,
    joined_at: String,
    #[serde(flatten)]
    more: Option<MoreOut>,
}

/// What only administrators see of a member.
#[derive(Debug, Serialize)]
struct MoreOut {
    last_login: Option<String>,
    is_active: bool,
}

impl From<MemberView> for MemberOut {
    fn from(member: MemberView) -> Self {
        Self {
            id: member.user,
            email: member.email,
            username: member.username,
            role: member.role.as_str(),
            joined_at: moment(member.joined_at),
            more: None,
        }
    }
}

/// All members.
#[derive(Debug, Serialize)]
pub struct MembersOut {
    members: Vec<MemberOut>,
    total_count: usize,
}

impl MembersOut {
    /// With when they logged in last, if the one who asks may see that.
    pub fn of(members: Vec<MemberView>, all: bool) -> Self {
        let show = |member: MemberView| {
            let (last_login, is_active) = (member.last_login.map(moment), member.active);
            let shown = MemberOut::from(member);
            MemberOut {
                more: all.then_some(MoreOut {
                    last_login,
                    is_active,
                }),
                ..shown
            }
        };
        Self {
            total_count: members.len(),
            members: members.into_iter().map(show).collect(),
        }
    }
}
