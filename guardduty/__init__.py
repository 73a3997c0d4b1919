"""GuardDuty EKS audit log monitoring for one account's view of one region, without Pulumi.

`settings` and `plan` compute, `api` is the only module that calls AWS, `snapshot` reads through it,
and `members` and `prior` are what the dynamic providers in `components/` do.
"""
