using Microsoft.ML.Trainers.Torch.Checkpoints;

namespace Trainers.Tests.Checkpoints;

/// <summary>The real file system until its n-th operation, or its n-th byte, fails. From then on everything fails but deleting.</summary>
internal sealed class FaultyFiles(long operations = long.MaxValue, long bytes = long.MaxValue) : IFileOperations
{
    private long operationsLeft = operations;
    private long bytesLeft = bytes;

    public Stream CreateNew(string path)
    {
        Count();
        return new FaultyStream(this, FileOperations.Instance.CreateNew(path));
    }

    public void FlushToDisk(Stream stream)
    {
        Count();
        FileOperations.Instance.FlushToDisk(((FaultyStream)stream).Inner);
    }

    public void Rename(string from, string to)
    {
        Count();
        FileOperations.Instance.Rename(from, to);
    }

    public void Delete(string path)
    {
        Count();
        FileOperations.Instance.Delete(path);
    }

    public void FlushFolder(string folder)
    {
        Count();
        FileOperations.Instance.FlushFolder(folder);
    }

    private void Count()
    {
        if (operationsLeft-- <= 0) throw new IOException("Input/output error (made by the test).");
    }

    private sealed class FaultyStream(FaultyFiles files, Stream inner) : Stream
    {
        public Stream Inner => inner;

        public override bool CanRead => false;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            files.Count();
            int written = (int)Math.Min(buffer.Length, files.bytesLeft);
            inner.Write(buffer[..written]);
            files.bytesLeft -= written;
            if (written < buffer.Length) throw new IOException("No space left on device (made by the test).");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
