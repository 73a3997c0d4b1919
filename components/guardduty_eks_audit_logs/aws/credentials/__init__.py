"""Credentials: fetched by themselves, before anything else is asked, and renewed while a run lasts.

botocore looks for credentials inside the first call that needs them, and raises there whatever a
file, a program or a page on the way gave it. Here they are fetched first. So a user is told where
credentials were looked for, what was wrong there, and what to do about it.

`files` has the session that reads AWS's files, `chain` asks one source after the other, `fetched`
keeps what they gave, `roles` assumes roles, `faults` says what went wrong.
"""
