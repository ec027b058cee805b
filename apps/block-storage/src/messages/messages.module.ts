import { Module } from '@nestjs/common';
import { Messages } from './messages.js';
import { MessagesController } from './messages.controller.js';
import { MessagesReconciler } from './messages.reconciler.js';
import { MessagesRepository } from './messages.repository.js';
import { MessagesService } from './messages.service.js';

@Module({ controllers: [MessagesController], providers: [Messages, MessagesRepository, MessagesService, MessagesReconciler], exports: [Messages] })
export class MessagesModule {}
