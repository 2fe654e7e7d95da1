/** Keeps a process off the network. */
import { Socket } from 'node:net';

const loopback = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/** Host that a call of `connect` names; undefined for a local pipe, and for Node's default, which is this machine. */
function hostOf([target, second]: readonly unknown[]): string | undefined {
  // Node's own callers hand over the arguments as one list.
  if (Array.isArray(target)) return hostOf(target);
  if (typeof target === 'object' && target !== null) return (target as { host?: string }).host;
  return typeof second === 'string' ? second : undefined;
}

/** Makes a socket to anything but this machine an error, in this process. Returns how to undo it. */
export function stayOnLoopback(): () => void {
  const connect = Socket.prototype.connect as (...args: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const host = hostOf(args);
    if (host !== undefined && !loopback.has(host)) throw new Error(`a test asked the network for ${host}`);
    return connect.apply(this, args);
  } as typeof Socket.prototype.connect;
  return () => {
    Socket.prototype.connect = connect as typeof Socket.prototype.connect;
  };
}
