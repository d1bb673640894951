"""The processes of Yidao: what they are, one supervisor over them, and a wrapper around each."""
