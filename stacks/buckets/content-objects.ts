/** Writes every object of a site's content into the stack. */
import {
  DefaultTokenResolver,
  dependable,
  type ITerraformDependable,
  StringConcat,
  TerraformStack,
  Tokenization,
} from 'cdktf';
import type { Construct } from 'constructs';
import { objectNames } from './object-names.ts';

/** The attributes of an object, as Terraform names them. */
export type ObjectAttributes = Readonly<Record<string, string>>;

export interface ContentObjectsProps {
  readonly bucket: string;
  readonly dependsOn: readonly ITerraformDependable[];
  /** By path on the site. */
  readonly objects: ReadonlyMap<string, ObjectAttributes>;
}

/**
 * Writes the objects as plain JSON, as `S3Object` constructs in `scope` would. A construct for each of thousands of
 * objects would take many seconds.
 */
export function writeObjects(scope: Construct, { bucket, dependsOn, objects }: ContentObjectsProps): void {
  const stack = TerraformStack.of(scope);
  const { names, moved } = objectNames(scope, [...objects.keys()]);
  // Resolved once here instead of once per object.
  const shared = Tokenization.resolve(
    { bucket, depends_on: dependsOn.map(dependable) },
    { scope, resolver: new DefaultTokenResolver(new StringConcat()) },
  );
  for (const [path, attributes] of objects) {
    const { id = '', name = '' } = names.get(path) ?? {};
    const metadata = { path: `${scope.node.path}/${id}`, uniqueId: name };
    stack.addOverride(`resource.aws_s3_object.${name}`, { ...shared, ...attributes, '//': { metadata } });
  }
  if (moved.length === 0) return;
  stack.addOverride(
    'moved',
    moved.map(({ from, to }) => ({ from: `aws_s3_object.${from}`, to: `aws_s3_object.${to}` })),
  );
}
