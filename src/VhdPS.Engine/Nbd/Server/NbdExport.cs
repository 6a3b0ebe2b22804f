namespace VhdPS.Engine.Nbd.Server;

/// <summary>A disk under the name that clients ask for, with what was done through it.</summary>
public sealed class NbdExport : IDisposable
{
    private long _bytesRead;
    private long _bytesWritten;
    private int _clientCount;

    /// <summary>Names a disk. The server that takes the export closes the disk.</summary>
    /// <exception cref="ArgumentException">The name is empty, has a NUL, or is longer than 4096 bytes.</exception>
    public NbdExport(string name, ExportedDisk disk)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(disk);
        if (name.Contains('\0', StringComparison.Ordinal) || System.Text.Encoding.UTF8.GetByteCount(name) > NbdSpec.MaxStringLength)
        {
            throw new ArgumentException($"The name of an export has at most {NbdSpec.MaxStringLength} bytes and no NUL.", nameof(name));
        }

        Name = name;
        Path = disk.Path;
        Disk = new SharedDisk(disk);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The disk's size in bytes.</summary>
    public long SizeBytes => Disk.SizeBytes;

    /// <summary>Whether clients cannot write.</summary>
    public bool IsReadOnly => Disk.IsReadOnly;

    /// <summary>Clients that use the export now.</summary>
    public int ClientCount => Volatile.Read(ref _clientCount);

    /// <summary>Bytes that clients have read.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Bytes that clients have written, zeros among them.</summary>
    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    /// <summary>The disk.</summary>
    internal SharedDisk Disk { get; }

    /// <summary>What clients are told of the export.</summary>
    internal TransmissionFlags Flags
    {
        get
        {
            // One image behind one lock: what one connection has flushed is flushed for all.
            TransmissionFlags flags = TransmissionFlags.HasFlags | TransmissionFlags.SendFlush | TransmissionFlags.SendFua
                | TransmissionFlags.CanMultiConnect;
            return flags | (IsReadOnly ? TransmissionFlags.ReadOnly : TransmissionFlags.SendTrim | TransmissionFlags.SendWriteZeroes);
        }
    }

    /// <summary>Closes the disk of an export that no server has taken.</summary>
    public void Dispose() => Disk.Dispose();

    internal void AddClient(int change) => Interlocked.Add(ref _clientCount, change);

    internal void AddRead(long bytes) => Interlocked.Add(ref _bytesRead, bytes);

    internal void AddWritten(long bytes) => Interlocked.Add(ref _bytesWritten, bytes);
}
