using VhdPS.Engine.Files.Native;


namespace VhdPS.Engine.Files;

/// <summary>The name of a Unix socket in the file system: for its owner alone, and removed in the end.</summary>
internal sealed class SocketFile : IDisposable
{
    private readonly string? _folder;
    private FileIdentity? _identity;

    private SocketFile(string path, string? folder)
    {
        Path = path;
        _folder = folder;
    }

    /// <summary>The path.</summary>
    public string Path { get; }

    /// <summary>A socket at a given path, which must be free.</summary>
    /// <exception cref="VhdOperationException">Something is there.</exception>
    public static SocketFile At(string path)
    {
        // Also what a killed server has left: that it is a socket that no one listens at cannot be told from outside for certain.
        return PlatformFile.Current.Stat(path).Kind == FileKind.Missing
            ? new SocketFile(path, null)
            : throw new VhdOperationException(
                path, OperationError.TargetExists,
                    "the path exists already; where it is a socket that a server has left behind, delete it.");
    }

    /// <summary>A socket in a new folder that only its owner can enter.</summary>
    public static SocketFile InPrivateFolder()
    {
        // Made with mode 0700, whatever the umask.
        string folder = Directory.CreateTempSubdirectory("vhdps-").FullName;
        return new SocketFile(System.IO.Path.Combine(folder, "nbd.sock"), folder);
    }

    /// <summary>Takes every right from others. Between binding and listening: until then nobody can connect.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public void Protect()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        _identity = PlatformFile.Current.Stat(Path).Identity;
    }

    /// <summary>Removes the socket, if it is still the one that was bound, and its folder.</summary>
    public void Dispose()
    {
        try
        {
            if (_identity is { } identity && PlatformFile.Current.Stat(Path) is { Kind: not FileKind.Missing } found
                && found.Identity == identity)
            {
                File.Delete(Path);
            }

            if (_folder is not null)
            {
                Directory.Delete(_folder);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is left names nothing that listens; that is no reason to fail while the disks are being closed.
        }

        _identity = null;
    }
}
