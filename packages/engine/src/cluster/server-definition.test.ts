import { expect, it } from 'vitest';
import { avoidProxies } from './avoid-proxies.js';
import { serverDefinition } from './server-definition.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

it('is what TensorFlow’s own classes write', () => {
  // tf.train.ServerDef(cluster={'worker': ['a:1', 'b:22']}, job_name='worker', task_index=1, protocol='grpc',
  //   default_session_config=config).SerializeToString(deterministic=True).hex() of TensorFlow 2.21, with
  //   config = ConfigProto(device_count={'GPU': 0}, experimental={'collective_group_leader': …task:0})
  const { definition, config } = serverDefinition({ rank: 1, addresses: ['a:1', 'b:22'] });
  expect(hex(config)).toBe(
    '0a070a03475055100082011e0a1c2f6a6f623a776f726b65722f7265706c6963613a302f7461736b3a30',
  );
  // Entries of a map have no order: there the second task comes first.
  const [first, second] = ['120708001203613a31', '120808011204623a3232'];
  expect(hex(definition)).toBe(
    `0a1d0a1b0a06776f726b6572${first}${second}1206776f726b65721801222a0a070a03475055100082011e0a1c2f6a6f623a776f726b65722f7265706c6963613a302f7461736b3a302a0467727063`,
  );
});

it('adds the learners to the hosts that no proxy serves', () => {
  const environment: Record<string, string | undefined> = { no_grpc_proxy: 'x', http_proxy: 'p:1' };
  avoidProxies(environment, ['a.example:1', '[::1]:2', 'a.example:3']);
  expect(environment.no_grpc_proxy).toBe('x,a.example,::1');
});
