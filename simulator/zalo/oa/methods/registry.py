"""Which function answers which call of the OA API."""

from collections.abc import Callable
from typing import Any

from simulator.params import Args
from simulator.zalo.oa.methods import articles, send, tags, uploads, users
from simulator.zalo.oa.state import Oa

Method = Callable[[Oa, Args], Any]

METHODS: dict[tuple[str, str], Method] = {
    ("POST", send.CS): send.send_cs,
    ("POST", send.V2): send.send_v2,
    ("GET", "v3.0/oa/user/getlist"): users.get_list,
    ("GET", "v3.0/oa/user/detail"): users.get_detail,
    ("POST", "v3.0/oa/quota/message"): users.get_quota,
    ("POST", "v2.0/oa/quota/message"): users.get_promotion_quota,
    ("GET", "v2.0/oa/getoa"): users.get_oa,
    ("POST", "v2.0/oa/tag/tagfollower"): tags.tag_follower,
    ("POST", "v2.0/oa/tag/rmfollowerfromtag"): tags.untag_follower,
    ("POST", "v2.0/oa/tag/rmtag"): tags.remove_tag,
    ("GET", "v2.0/oa/tag/gettagsofoa"): tags.get_tags,
    ("POST", "v2.0/oa/upload/image"): uploads.upload_image,
    ("POST", "v2.0/oa/upload/gif"): uploads.upload_gif,
    ("POST", "v2.0/oa/upload/file"): uploads.upload_file,
    ("POST", "v2.0/article/create"): articles.create,
    ("POST", "v2.0/article/verify"): articles.verify,
}
