import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { UriTemplate } from '../../../src/worker/resources/uri-template.ts';

suite('a template of URIs', () => {
  for (const [template, uri, variables] of [
    ['note:{id}', 'note:7', { id: '7' }],
    ['note:{id}', 'note:a%20b', { id: 'a b' }],
    ['note:{id}', 'note:%2F', { id: '/' }],
    ['note:{id}', 'note:käse', { id: 'käse' }],
    ['note:{id}', 'note:', undefined],
    ['note:{id}', 'note:a/b', undefined],
    ['note:{id}', 'note:a?b', undefined],
    ['note:{id}', 'note:a#b', undefined],
    ['note:{id}', 'Note:a', undefined],
    ['note:{id}', ' note:a', undefined],
    ['note:{id}', 'note:%zz', undefined],
    ['note:{id}', 'note:%ff', undefined],
    ['note:{id}', 'note:a\nb', { id: 'a\nb' }],
    ['note:{id}.txt', 'note:a.b.txt', { id: 'a.b' }],
    ['note:{id}.txt', 'note:a_txt', undefined],
    ['file:///{folder}/{id}', 'file:///a/b', { folder: 'a', id: 'b' }],
    ['file:///{folder}/{id}', 'file:///a/b/c', undefined],
    ['file:///{+path}', 'file:///a/b/c', { path: 'a/b/c' }],
    ['file:///{+path}', 'file:///a?b#c', { path: 'a?b#c' }],
    ['file:///{+path}', 'file:///', undefined],
    ['file:///{+path}/{id}', 'file:///a/b/c', { path: 'a/b', id: 'c' }],
    ['file:///{+path}/{id}', 'file:////c', undefined],
    ['file:///{id}/{+path}', 'file:///a/b/c', { id: 'a', path: 'b/c' }],
    ['db:{a}.{b}.{c}', 'db:1.2.3.4', { a: '1.2', b: '3', c: '4' }],
    ['db:{a}{b}', 'db:123', { a: '12', b: '3' }],
    ['db:{a}{b}', 'db:1', undefined],
    ['db:{constructor}', 'db:a', { constructor: 'a' }],
    ['note:{id}', 'note:'.padEnd(4_097, 'a'), undefined],
  ] as const) {
    const told =
      variables === undefined ? 'is not that of' : `gives ${JSON.stringify(variables)} of`;
    test(`${template} ${told} ${JSON.stringify(uri).slice(0, 40)}`, () => {
      const found = UriTemplate.find(template);
      assert.ok(found);
      assert.deepEqual<unknown>(found.match(uri), variables);
    });
  }

  for (const template of ['db:{a}.{b}.{c}.{d}', 'db:{+a}.{+b}.{+c}.{+d}!', 'db:{a}{b}{c}{d}!']) {
    test(`is soon found not to fit, however it was meant to take long: ${template}`, () => {
      const found = UriTemplate.find(template);
      const from = performance.now();
      assert.equal(found?.match(`${'db:'.padEnd(4_095, '.')}/`), undefined);
      // It took minutes once.
      assert.ok(performance.now() - from < 5_000);
    });
  }

  test('names its variables in order', () => {
    assert.deepEqual(UriTemplate.find('a:{b}/{+c}/{_d1}')?.variables, ['b', 'c', '_d1']);
  });

  for (const text of ['file:///plain', 'a:b', 'https://x.example/?q=1#f']) {
    test(`is none where there is nothing to fill in: ${text}`, () => {
      assert.equal(UriTemplate.find(text), undefined);
    });
  }

  for (const text of [
    '',
    'plain',
    '{id}',
    '/{id}',
    'a:{}',
    'a:{1}',
    'a:{a-b}',
    'a:{?q}',
    'a:{#f}',
    'a:{/p*}',
    'a:{a,b}',
    'a:{a}{a}',
    'a:{a',
    'a:a}',
    'a:{{a}}',
    'a:{+}',
  ]) {
    test(`is not made of ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => UriTemplate.find(text),
        (thrown) => thrown instanceof Failure && thrown.code === 'invalid',
      );
    });
  }
});
