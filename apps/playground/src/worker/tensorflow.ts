// In the place of the whole of TensorFlow.js, of which training takes gradients and the methods of tensors.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
