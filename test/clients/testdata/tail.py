"""Follows a log group with the calls that aws logs tail --follow makes, which
version 1 of the AWS CLI does not have: events since a time, page by page, and
then again from the last one on, each event shown once."""

import sys
import time

import boto3

logs = boto3.client("logs")
group, streams, pattern = sys.argv[1:4]
query = {"logGroupName": group, "startTime": int((time.time() - 3600) * 1000), "interleaved": True}
if streams:
    query["logStreamNames"] = [streams]
if pattern:
    query["filterPattern"] = pattern
seen = set()
while True:
    for page in logs.get_paginator("filter_log_events").paginate(**query):
        for event in page["events"]:
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                print(event["timestamp"], event["logStreamName"], event["message"], flush=True)
            query["startTime"] = max(query["startTime"], event["timestamp"])
    time.sleep(0.2)
