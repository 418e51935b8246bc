import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type * as S3 from '@aws-sdk/client-s3';
import { createS3Client, type Bucket } from '../clients/s3/bucket.ts';
import { asStoreFault, isChanged, isMissing, isNotKnown, wholeListing } from '../clients/s3/failure.ts';
import type { ByteRange, Found, Objects, StagedFile } from './objects.ts';
import { inParallel } from './parallel.ts';
import { removeOldFiles } from './spool.ts';

/** Files from this size on are sent in parts, each of which may be tried again. */
const PART_BYTES = 16 << 20;

/** S3 copies no larger object in one request; such a one is not moved, and so never swept. */
const MAX_COPY_BYTES = 5 * 2 ** 30;

/** Uploads of this age that are not over belong to a process that died, milliseconds. */
const UPLOAD_MS = 24 * 60 * 60_000;

/** What a conditional request came to: also that an object was changed meanwhile, or that the server knows no conditions. */
type Outcome = 'done' | 'missing' | 'changed' | 'no conditions';

/** A content store in a bucket. An object is whole as soon as it can be seen, which S3 promises. */
export class S3Objects implements Objects {
  readonly spool: string;
  readonly #bucket: Bucket;
  readonly #client: S3.S3Client;
  readonly #s3: typeof S3;

  private constructor(bucket: Bucket, spool: string, client: S3.S3Client, s3: typeof S3) {
    this.#bucket = bucket;
    this.spool = spool;
    this.#client = client;
    this.#s3 = s3;
  }

  /** @param spool a folder of this machine for what is being staged */
  static async open(bucket: Bucket, spool: string): Promise<S3Objects> {
    return new S3Objects(bucket, spool, await createS3Client(bucket), await import('@aws-sdk/client-s3'));
  }

  async prepare(): Promise<void> {
    await mkdir(this.spool, { recursive: true });
    // Asked for by listing: the answer to a HEAD has no words.
    const command = new this.#s3.ListObjectsV2Command({ ...this.#in, Prefix: this.#bucket.prefix, MaxKeys: 1 });
    wholeListing(await this.#named(() => this.#client.send(command)), this.#bucket);
  }

  async look(key: string): Promise<Found | undefined> {
    const found = await this.#head(key);
    return found && { size: found.ContentLength ?? 0, at: found.LastModified ?? new Date(0) };
  }

  async read(key: string): Promise<Buffer | undefined> {
    return (await this.#get(key))?.body;
  }

  async open(key: string, range?: ByteRange): Promise<{ size: number; stream: Readable } | undefined> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const found = await this.#found(() => this.#client.send(new this.#s3.GetObjectCommand({ ...this.#at(key), Range })));
    if (!found) return undefined;
    const size = Number(found.ContentRange?.split('/')[1] ?? found.ContentLength ?? 0);
    return { size, stream: found.Body as Readable };
  }

  async put(key: string, text: string): Promise<void> {
    await this.#named(() => this.#client.send(new this.#s3.PutObjectCommand({ ...this.#at(key), Body: text })));
  }

  /** Blobs first: what names them comes when they are there. */
  async name(files: readonly StagedFile[]): Promise<void> {
    const isBlob = ({ key }: StagedFile): boolean => key.startsWith('blobs/');
    for (const some of [files.filter(isBlob), files.filter((file) => !isBlob(file))]) await inParallel(some, (file) => this.#upload(file));
  }

  /** Never undoes what another writes meanwhile, where the server checks `If-Match`: then that write has renewed it. */
  async renew(key: string): Promise<boolean> {
    const before = await this.#head(key);
    if (!before) return false;
    const isThere = async (): Promise<boolean> => (await this.look(key)) !== undefined;
    const copied = await this.#copy(key, key, before);
    if (copied === 'missing') return false;
    if (copied === 'changed') return await isThere();
    const at = before.LastModified ?? new Date(0);
    if ((before.ContentLength ?? 0) > PART_BYTES || ((await this.look(key))?.at ?? at) > at) return true;
    // Some servers take a copy onto itself for a change of metadata, which renews nothing.
    return (await this.#writeBack(key)) || (await isThere());
  }

  /** Writes an object as it is. False when it was changed or removed meanwhile. */
  async #writeBack(key: string): Promise<boolean> {
    const found = await this.#get(key);
    if (!found) return false;
    const put = (IfMatch?: string): Promise<Outcome> =>
      this.#ifUnchanged(() => this.#client.send(new this.#s3.PutObjectCommand({ ...this.#at(key), Body: found.body, IfMatch })));
    const outcome = await put(found.etag);
    return (outcome === 'no conditions' ? await put() : outcome) === 'done';
  }

  async move(from: string, to: string): Promise<boolean> {
    const found = await this.#head(from);
    if (!found || (await this.#copy(from, to, { ContentLength: found.ContentLength })) !== 'done') return false;
    await this.remove(from);
    return true;
  }

  async remove(key: string): Promise<void> {
    await this.#named(() => this.#client.send(new this.#s3.DeleteObjectCommand(this.#at(key))));
  }

  async *list(prefix: string): AsyncGenerator<Found & { key: string }> {
    for await (const { Contents = [] } of this.#pages(prefix))
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents)
        yield { key: Key.slice(this.#bucket.prefix.length), size: Size, at: LastModified };
  }

  async folders(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { CommonPrefixes = [] } of this.#pages(prefix, '/'))
      for (const { Prefix = '' } of CommonPrefixes) names.push(Prefix.slice(this.#bucket.prefix.length + prefix.length, -1));
    return names;
  }

  async removeLeftovers(now: Date): Promise<void> {
    await removeOldFiles(this.spool, now);
    const { Uploads = [] } = await this.#named(() =>
      this.#client.send(new this.#s3.ListMultipartUploadsCommand({ ...this.#in, Prefix: this.#bucket.prefix })),
    );
    const old = Uploads.filter(({ Initiated }) => now.getTime() - (Initiated?.getTime() ?? 0) > UPLOAD_MS);
    await inParallel(old, ({ Key, UploadId }) =>
      this.#found(() => this.#client.send(new this.#s3.AbortMultipartUploadCommand({ ...this.#in, Key, UploadId }))),
    );
  }

  async #head(key: string): Promise<S3.HeadObjectCommandOutput | undefined> {
    return await this.#found(() => this.#client.send(new this.#s3.HeadObjectCommand(this.#at(key))));
  }

  async #get(key: string): Promise<{ readonly body: Buffer; readonly etag: string | undefined } | undefined> {
    return await this.#found(async () => {
      const { Body, ETag } = await this.#client.send(new this.#s3.GetObjectCommand(this.#at(key)));
      return { body: Buffer.from((await Body?.transformToByteArray()) ?? []), etag: ETag };
    });
  }

  async #upload({ temporary, key }: StagedFile): Promise<void> {
    const { size } = await stat(temporary);
    await this.#named(async () => {
      if (size < PART_BYTES) {
        await this.#client.send(new this.#s3.PutObjectCommand({ ...this.#at(key), Body: await readFile(temporary) }));
      } else {
        const { Upload } = await import('@aws-sdk/lib-storage');
        const params = { ...this.#at(key), Body: createReadStream(temporary) };
        await new Upload({ client: this.#client, params, partSize: PART_BYTES, queueSize: 2 }).done();
      }
    });
    await rm(temporary, { force: true });
  }

  /** Copies what was found, and only that where its tag is given. */
  async #copy(
    from: string,
    to: string,
    { ContentLength = 0, ETag }: Pick<S3.HeadObjectCommandOutput, 'ContentLength' | 'ETag'>,
  ): Promise<Outcome | 'too large'> {
    const { bucket, prefix } = this.#bucket;
    if (ContentLength > MAX_COPY_BYTES) return 'too large';
    const CopySource = encodeURI(`${bucket}/${prefix}${from}`).replaceAll('+', '%2B');
    // An object may be copied onto itself only when something about it is replaced.
    const copy = new this.#s3.CopyObjectCommand({ ...this.#at(to), CopySource, CopySourceIfMatch: ETag, MetadataDirective: 'REPLACE' });
    return await this.#ifUnchanged(() => this.#client.send(copy));
  }

  async *#pages(prefix: string, delimiter?: string): AsyncGenerator<S3.ListObjectsV2CommandOutput> {
    const Prefix = this.#bucket.prefix + prefix;
    for (let ContinuationToken: string | undefined; ;) {
      const command = new this.#s3.ListObjectsV2Command({ ...this.#in, Prefix, Delimiter: delimiter, ContinuationToken });
      const page = wholeListing(await this.#named(() => this.#client.send(command)), this.#bucket);
      yield page;
      ContinuationToken = page.NextContinuationToken;
      if (page.IsTruncated !== true) return;
    }
  }

  get #in(): { Bucket: string } {
    return { Bucket: this.#bucket.bucket };
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { ...this.#in, Key: this.#bucket.prefix + key };
  }

  async #found<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asStoreFault(error, this.#bucket);
    }
  }

  async #ifUnchanged(ask: () => Promise<unknown>): Promise<Outcome> {
    try {
      await ask();
      return 'done';
    } catch (error) {
      if (isMissing(error)) return 'missing';
      if (isChanged(error)) return 'changed';
      if (isNotKnown(error)) return 'no conditions';
      throw asStoreFault(error, this.#bucket);
    }
  }

  async #named<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw asStoreFault(error, this.#bucket);
    }
  }
}
