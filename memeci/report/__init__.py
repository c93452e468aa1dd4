"""A record → text: terminal, comment, summary, JUnit, OpenMetrics, code quality, dotenv."""
