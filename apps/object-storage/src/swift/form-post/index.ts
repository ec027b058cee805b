export { FormPosts } from './form-posts.js';
