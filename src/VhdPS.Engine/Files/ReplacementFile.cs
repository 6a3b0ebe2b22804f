using VhdPS.Engine.Files.Native;


namespace VhdPS.Engine.Files;

/// <summary>
/// A new file beside its target that takes the target's place in one step, or leaves no trace: what makes an image whole
/// or not at all.
/// </summary>
public sealed class ReplacementFile : IDisposable
{
    private readonly string _targetPath;
    private readonly bool _overwrite;
    private bool _isClosed;

    private ReplacementFile(string targetPath, bool overwrite, LocalImageFile file)
    {
        _targetPath = targetPath;
        _overwrite = overwrite;
        File = file;
    }

    /// <summary>The new file, open for writing.</summary>
    public LocalImageFile File { get; }

    /// <summary>Begins a new file in the folder of the target.</summary>
    /// <param name="targetPath">Where the file will be.</param>
    /// <param name="overwrite">Whether an existing file there may be replaced.</param>
    /// <exception cref="VhdOperationException">The target exists and may not be replaced.</exception>
    /// <exception cref="ImageInUseException">The target is to be replaced and someone has it open.</exception>
    public static ReplacementFile Begin(string targetPath, bool overwrite)
    {
        ThrowIfInTheWay(targetPath, overwrite, source: null);
        UnixFileMode? mode = null;
        if (PlatformFile.Current.Stat(targetPath).Kind != FileKind.Missing)
        {
            // The file that a link names is replaced, not the link; it keeps who may read it.
            targetPath = System.IO.File.ResolveLinkTarget(targetPath, returnFinalTarget: true)?.FullName ?? targetPath;
            mode = OperatingSystem.IsWindows() ? null : System.IO.File.GetUnixFileMode(targetPath);
        }

        return Create(targetPath, overwrite, mode);
    }

    /// <summary>Begins a new file that will take the place of one that is open for writing, and so is in no one else's use.</summary>
    /// <param name="replaced">The open file; closed by the caller before <see cref="Commit"/>.</param>
    public static ReplacementFile BeginFor(LocalImageFile replaced)
    {
        string targetPath = System.IO.File.ResolveLinkTarget(replaced.Path, returnFinalTarget: true)?.FullName ?? replaced.Path;
        return Create(targetPath, overwrite: true, OperatingSystem.IsWindows() ? null : System.IO.File.GetUnixFileMode(targetPath));
    }

    /// <summary>Refuses a target that may not be replaced, before any work.</summary>
    /// <param name="targetPath">Where a file is to be.</param>
    /// <param name="overwrite">Whether an existing file there may be replaced.</param>
    /// <param name="source">The file that the work reads, which is never its target; null where there is none.</param>
    /// <exception cref="VhdOperationException">The target is the source, by whatever name, or exists and may not be replaced.</exception>
    /// <exception cref="ImageInUseException">The target is to be replaced and someone has it open.</exception>
    public static void ThrowIfInTheWay(string targetPath, bool overwrite, FileIdentity? source)
    {
        targetPath = LocalPath.Judge(targetPath);
        if (PlatformFile.Current.Stat(targetPath).Kind == FileKind.Missing)
        {
            return;
        }

        if (source is not null)
        {
            using var target = LocalImageFile.OpenRead(targetPath);
            if (target.Identity == source)
            {
                throw new VhdOperationException(targetPath, OperationError.SameFile, "source and target are one file.");
            }
        }

        if (!overwrite)
        {
            throw new VhdOperationException(targetPath, OperationError.TargetExists, "the file exists already.") { IsOverridable = true };
        }

        // Also refuses folders and devices, and images that someone has open.
        LocalImageFile.OpenWrite(targetPath).Dispose();
    }

    /// <summary>Syncs the new file and puts it in the target's place.</summary>
    /// <param name="sync">False leaves writing to the system: after a power cut the file may be empty or in part.</param>
    /// <exception cref="VhdOperationException">Meanwhile someone has made the target.</exception>
    public void Commit(bool sync = true)
    {
        if (sync)
        {
            File.Flush();
        }

        File.Dispose();
        try
        {
            System.IO.File.Move(File.Path, _targetPath, _overwrite);
        }
        catch (IOException error)
        {
            throw !_overwrite && System.IO.File.Exists(_targetPath)
                ? new VhdOperationException(_targetPath, OperationError.TargetExists, "the file exists already.") { IsOverridable = true }
                : new ImageIOException(_targetPath, ImageIOOperation.Replace, null, error);
        }

        _isClosed = true;
        if (sync)
        {
            PlatformFile.Current.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(_targetPath))!);
        }
    }

    /// <summary>Deletes the new file unless it was committed.</summary>
    public void Dispose()
    {
        File.Dispose();
        if (!_isClosed)
        {
            _isClosed = true;
            System.IO.File.Delete(File.Path);
        }
    }

    private static ReplacementFile Create(string targetPath, bool overwrite, UnixFileMode? mode)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(targetPath))!;
        var file = LocalImageFile.CreateNew(Path.Combine(folder, $".{Guid.NewGuid():N}.vhdps.tmp"));
        if (mode is { } bits && !OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(file.Handle, bits);
        }

        return new ReplacementFile(targetPath, overwrite, file);
    }
}
