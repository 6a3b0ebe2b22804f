using VhdPS.Engine.Nbd.Client;

namespace VhdPS.Engine.Disks;

/// <summary>A disk that a server offers over NBD: its bytes, whatever holds them there.</summary>
internal sealed class RemoteDiskSource : RawDiskSource
{
    public RemoteDiskSource(NbdFile file)
        : base(file)
    {
    }

    internal override IEnumerable<string> FilePaths => [];
}
