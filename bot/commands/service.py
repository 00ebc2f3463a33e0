"""The systemd unit that keeps `loatre run` running."""

from pathlib import Path
from string import Template

# 2 is a setting that cannot be used: starting again does not mend it. A network that is away (3) may come back.
_UNIT = Template("""\
[Unit]
Description=Loa Tre
Wants=network-online.target
After=network-online.target

[Service]
User=$user
WorkingDirectory=$folder
ExecStart="$python" -m bot run
Restart=on-failure
RestartSec=10
RestartPreventExitStatus=2
TimeoutStopSec=60
UMask=0077
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target
""")


def render_unit(*, python: Path, folder: Path, user: str) -> str:
    """`folder` is where `.env` lies; a per cent sign means something to systemd and is doubled."""
    return _UNIT.substitute(
        python=str(python).replace("%", "%%"), folder=str(folder).replace("%", "%%"), user=user.replace("%", "%%")
    )
