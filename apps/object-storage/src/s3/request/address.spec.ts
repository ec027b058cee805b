import { addressOf } from './address.js';

const DOMAINS = ['s3.example.org', 'objects.example.org'];

describe('addressOf', () => {
  it.each([
    ['/', undefined, {}],
    ['', undefined, {}],
    ['/bucket', 'host:8080', { bucket: 'bucket' }],
    ['/bucket/', undefined, { bucket: 'bucket' }],
    ['/bucket/a/b', undefined, { bucket: 'bucket', key: 'a/b' }],
    ['/bucket//a//b/', undefined, { bucket: 'bucket', key: '/a//b/' }],
    ['/bucket/%2Fa%20b+c', undefined, { bucket: 'bucket', key: '/a b+c' }],
    ['/bucket/%E2%98%83', undefined, { bucket: 'bucket', key: '☃' }],
    ['/a/b', 'photos.s3.example.org:8080', { bucket: 'photos', key: 'a/b' }],
    ['/', 'my.photos.S3.Example.ORG', { bucket: 'my.photos' }],
    ['//a', 'photos.objects.example.org', { bucket: 'photos', key: '/a' }],
    ['/bucket', 's3.example.org', { bucket: 'bucket' }],
    ['/bucket', 'xs3.example.org', { bucket: 'bucket' }],
  ])('reads %s at %s', (path, host, expected) => {
    expect(addressOf(path, host, DOMAINS)).toEqual(expected);
  });

  it.each([['/b/%', 'InvalidURI'], ['/b/%ff', 'InvalidURI'], ['/b/a%00b', 'InvalidURI'], ['/%zz', 'InvalidURI'], [`/b/${'x'.repeat(1025)}`, 'KeyTooLongError'], [`/b/${'%E2%98%83'.repeat(342)}`, 'KeyTooLongError']])('refuses %s', (path, code) => {
    expect(() => addressOf(path, undefined, DOMAINS)).toThrow(expect.objectContaining({ code }));
  });
});
