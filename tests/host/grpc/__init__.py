"""Tests of host/grpc/."""
