//! Opens the user's browser.
//!
//! By hand, since the crate `webbrowser` brings twenty others into the lock file, for systems that the suite does not run
//! on, and takes a command that was started for one that has opened something.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use url::Url;

use super::SECRET_VARIABLE;
use crate::given;

/// What opens a browser may end at once, or when the browser does; one that could not open any ends soon.
const FAILS_WITHIN: Duration = Duration::from_secs(2);

/// Opens `url` in the browser that `BROWSER` names, else in the system's own; false where there is none to be seen.
pub async fn open(url: &Url) -> bool {
    let chosen = std::env::var("BROWSER").unwrap_or_default();
    let has_screen =
        ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].iter().any(|name| std::env::var_os(name).is_some());
    for command in commands(&chosen, has_screen, url) {
        if starts(&command).await {
            return true;
        }
    }
    false
}

/// The commands to try, in order, each as its words. A graphical opener without a screen would start a text browser on the
/// terminal that this program writes to.
fn commands(chosen: &str, has_screen: bool, url: &Url) -> Vec<Vec<String>> {
    let words = |command: &str| -> Vec<String> {
        let mut words: Vec<String> =
            command.split_ascii_whitespace().map(|word| word.replace("%s", url.as_str())).collect();
        if !command.contains("%s") {
            words.push(url.to_string());
        }
        words
    };
    // As in `xdg-open`: a list between colons, which may itself hold no URL.
    let mut all: Vec<_> = chosen.split(':').filter(|c| !c.trim().is_empty()).map(words).collect();
    if cfg!(target_os = "macos") {
        all.push(words("open"));
    } else if has_screen {
        all.extend(["xdg-open", "wslview", "x-www-browser"].map(words));
    }
    all
}

async fn starts(command: &[String]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let spawned = Command::new(program)
        .args(arguments)
        .env_remove(given::VARIABLE)
        .env_remove(SECRET_VARIABLE)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // It is the user's from here on: neither Ctrl-C nor our end closes it.
        .process_group(0)
        .spawn();
    let Ok(mut child) = spawned else { return false };
    match tokio::time::timeout(FAILS_WITHIN, child.wait()).await {
        Ok(Ok(status)) => status.success(),
        Ok(Err(_)) | Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_browser_comes_first_and_gets_the_url_once() {
        let url = Url::parse("https://as.example/a?b=c").unwrap();
        let all = commands("firefox --new-tab:lynx '%s' x", true, &url);
        assert_eq!(all[0], ["firefox", "--new-tab", url.as_str()]);
        assert_eq!(all[1], ["lynx", &format!("'{url}'"), "x"]);
        let none = commands("", false, &url);
        assert_eq!(none.len(), usize::from(cfg!(target_os = "macos")));
    }

    #[tokio::test]
    async fn what_fails_at_once_has_opened_nothing() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(starts(&words("true x")).await);
        assert!(!starts(&words("false x")).await);
        assert!(!starts(&words("no-such-browser x")).await);
    }
}
