"""The kiosk: its page, and the devices beside its screen."""
