"""A stand-in for the `aws` resource plugin, for runs against the local AWS organization.

The real plugin, `pulumi-resource-aws`, is a download that not every machine can make. Where it
can't be had, the engine finds this one on PATH instead. It serves the few `aws:guardduty/*` types
and functions that the components use, as the real ones behave, and refuses to talk to anything but
a loopback address. A run with it tests the program and the engine, not pulumi-aws.
"""
