"""Tests of host/, in the same tree; `club` is the small host that several of them share."""
