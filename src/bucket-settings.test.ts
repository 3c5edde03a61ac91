import { expect, test } from "vitest";

import { readSettings } from "./config.ts";

const read = (env: Record<string, string>) => readSettings(env, "/srv");
const problems = (env: Record<string, string>): string[] => read(env).problems.map(({ problem }) => problem);

test("EXPORT_DIR is a path, or a place in a bucket in its one spelling", () => {
  expect(read({ EXPORT_DIR: "mail" }).config.exportDir).toBe("/srv/mail");
  expect(read({ EXPORT_DIR: "S3://Company//mail/" }).config.exportDir).toBe("s3://Company/mail");
  for (const wrong of ["s3://", "s3:///mail", "s3://b/../c", "s3://x!y/mail"])
    expect(problems({ EXPORT_DIR: wrong })).toEqual([expect.stringMatching(/^EXPORT_DIR must be a path, or a place/)]);
});

test("a server is reached by https, or by http on this machine alone", () => {
  expect(read({ S3_ENDPOINT: "http://localhost:9000" }).config.buckets.endpoint?.href).toBe("http://localhost:9000/");
  expect(read({ S3_ENDPOINT: "https://s3.example.com" }).problems).toEqual([]);
  for (const wrong of ["http://minio:9000", "https://me:secret@s3.example.com", "https://s3.example.com/path", "minio"])
    expect(problems({ S3_ENDPOINT: wrong })).toEqual([expect.stringMatching(/^S3_ENDPOINT must be an https URL/)]);
});

test("of key and secret both are set or none, and nothing shows the secret", () => {
  const { config } = read({ AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "hush", AWS_SESSION_TOKEN: "quiet" });
  expect(config.buckets.keys.own).toMatchObject({ keyId: "AKID" });
  expect(JSON.stringify(config.buckets)).not.toMatch(/hush|quiet/);
  expect(problems({ AWS_ACCESS_KEY_ID: "AKID" })).toEqual([
    expect.stringContaining("AWS_SECRET_ACCESS_KEY is missing"),
  ]);
  expect(problems({ AWS_SECRET_ACCESS_KEY: "hush" })).toEqual([
    expect.stringContaining("AWS_ACCESS_KEY_ID is missing"),
  ]);
});

test("the region is S3_REGION, else AWS_REGION", () => {
  const regionOf = (env: Record<string, string>): string => read(env).config.buckets.region;
  expect([{}, { AWS_REGION: "eu-west-3" }, { AWS_REGION: "x", S3_REGION: "auto" }].map(regionOf)).toEqual([
    "us-east-1",
    "eu-west-3",
    "auto",
  ]);
  expect(problems({ S3_REGION: "eu/../" })).toHaveLength(1);
});

test("a container is asked at this machine's addresses alone, or by https", () => {
  const containerOf = (env: Record<string, string>) => read(env).config.buckets.keys.container?.url.href;
  expect(containerOf({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/x" })).toBe("http://169.254.170.2/v2/x");
  expect(containerOf({ AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials" })).toBeDefined();
  for (const wrong of [
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://keys.example.com/" },
    { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "@keys.example.com/" },
  ])
    expect(problems(wrong)).toEqual([expect.stringContaining("must lead to this machine")]);
});
