"""What every test run has, in the addons and here: judged log lines and judged skips."""

pytest_plugins = ["tests.harness.log_errors", "tests.harness.allowed_skips"]
